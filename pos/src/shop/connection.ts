/** Whether this device is heard by the service that it obeys: its store's, in an emergency the emergency cloud. Selling never waits for it. */

export interface Connection {
  reach: 'UNKNOWN' | 'ONLINE' | 'OFFLINE';
  /** The service has shut this device out; all but its journal is closed to it. */
  revoked: boolean;
}

export const START: Connection = { reach: 'UNKNOWN', revoked: false };

/** ANSWERED is any answer; ACCEPTED one that only a device in good standing gets. */
export type Signal = 'ANSWERED' | 'NO_ANSWER' | 'REVOKED' | 'ACCEPTED';

export function connectionStep(connection: Connection, signal: Signal): Connection {
  switch (signal) {
    case 'ANSWERED':
      return { ...connection, reach: 'ONLINE' };
    case 'NO_ANSWER':
      return { ...connection, reach: 'OFFLINE' };
    case 'REVOKED':
      return { ...connection, reach: 'ONLINE', revoked: true };
    case 'ACCEPTED':
      return { ...connection, reach: 'ONLINE', revoked: false };
  }
}
