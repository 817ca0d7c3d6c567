/**
 * Whom this device listens to, and whether it is heard. Selling never waits for it.
 * NORMAL is the store service; the emergency cloud becomes a second mode here, entered only by a signed order.
 */

export type Mode = 'NORMAL';

export interface Connection {
  mode: Mode;
  reach: 'UNKNOWN' | 'ONLINE' | 'OFFLINE';
  /** The service has shut this device out; all but its journal is closed to it. */
  revoked: boolean;
}

export const START: Connection = { mode: 'NORMAL', reach: 'UNKNOWN', revoked: false };

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
