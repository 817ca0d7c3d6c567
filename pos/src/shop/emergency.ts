/**
 * The emergency as a device sees it: which order it obeys, how far it has come, and what it does next. Pure: the same
 * order twice, a restart in between or a crash between two steps all lead to the same end.
 */
import type { Assignment, Order } from './documents';

export type Mode = 'NORMAL' | 'EMERGENCY' | 'RELEASED' | 'RECOVERED';

/** The price file of the emergency cloud that lies ready on this device. */
export interface Held {
  version: number;
  sha256: string;
  issuedAt: string;
  backup: string;
}

export interface Emergency {
  /** Key id of the emergency root. The versions below are this key's. */
  kid: string;
  /** The highest version of an order that was seen. */
  seen: number;
  /** The emergency cloud has not yet told this enrolment anything but an ending: it was enrolled after the beginning. */
  fresh: boolean;
  order: Order | null;
  assignment: Assignment | null;
  /** The E series of `assignment`. */
  series: 'NONE' | 'OPEN' | 'CLOSED';
  /** The sale that money was taken for, or perhaps taken for, when the device switched. It is finished, not dropped. */
  kept: string;
  /** `order` has been lived through: this device sells at its store again. */
  home: boolean;
  held: Held | null;
  staffVersion: number;
  /** The last readiness check that the emergency cloud answered. */
  readyAt: string | null;
}

export function noEmergency(kid: string): Emergency {
  return {
    kid,
    seen: 0,
    fresh: true,
    order: null,
    assignment: null,
    series: 'NONE',
    kept: '',
    home: false,
    held: null,
    staffVersion: 0,
    readyAt: null,
  };
}

export class OlderOrder extends Error {
  override name = 'OlderOrder';
}

const RANK = { ACTIVATE: 0, RELEASE: 1, RECOVERED: 2 } as const;

/** Take in an order that was believed. It only goes forward, within an emergency and from one to the next. Raises OlderOrder. */
export function obey(state: Emergency, order: Order): Emergency {
  if (order.version < state.seen) throw new OlderOrder(`order ${order.version}, has seen ${state.seen}`);
  if (order.version === state.seen) return state;
  const noted = { ...state, seen: order.version };
  const known = state.order?.emergency.id === order.emergency.id ? state.order : null;
  if (known && RANK[order.kind] <= RANK[known.kind]) return noted;
  // An earlier emergency than one that this device knows of is over.
  if (state.order && order.emergency.number < state.order.emergency.number) return noted;
  // Enrolled at a store that was coming home: there was nothing to live through.
  if (state.fresh && order.kind === 'RECOVERED') return { ...noted, order, home: true, fresh: false };
  return { ...noted, order, home: false, fresh: state.fresh && order.kind === 'RELEASE' };
}

/** The emergency cloud knows of no order. */
export function heardNothing(state: Emergency): Emergency {
  return state.fresh && !state.order ? { ...state, fresh: false } : state;
}

export function modeOf(state: Emergency | null): Mode {
  if (!state?.order || state.home) return 'NORMAL';
  if (state.order.kind === 'ACTIVATE') return 'EMERGENCY';
  // Who still has a sale to finish is not asked to enrol in the middle of it.
  return state.order.kind === 'RECOVERED' && state.series !== 'OPEN' ? 'RECOVERED' : 'RELEASED';
}

/** The assignment of the emergency that is on; one of an earlier emergency is none. */
export function currentAssignment(state: Emergency | null): Assignment | null {
  const { assignment = null, order = null } = state ?? {};
  return assignment && assignment.emergency.id === order?.emergency.id ? assignment : null;
}

export function hasPrices(state: Emergency): boolean {
  const backup = currentAssignment(state)?.backup;
  return Boolean(backup && state.held?.backup === backup.id);
}

/** Each step but the last of a row ends in one durable write that leads to the next; what waits has nothing to do now. */
export type Step = 'CLOSE' | 'ENTER' | 'FETCH_PRICES' | 'WAIT';

export function nextStep(state: Emergency | null): Step {
  if (!state || modeOf(state) === 'NORMAL') return 'WAIT';
  const assignment = currentAssignment(state);
  const activated = state.order?.kind === 'ACTIVATE';
  if (state.series === 'OPEN' && !(activated && assignment)) return 'CLOSE';
  if (!activated) return 'WAIT';
  if (!assignment) return 'ENTER';
  return assignment.backup && !hasPrices(state) ? 'FETCH_PRICES' : 'WAIT';
}

/** Why a new sale may not begin; null when it may. */
export type Standstill = 'ENTERING' | 'FETCHING' | 'NO_BACKUP' | 'RELEASED' | 'RECOVERED';

export function standstill(state: Emergency | null): Standstill | null {
  const mode = modeOf(state);
  if (!state || mode === 'NORMAL') return null;
  if (mode !== 'EMERGENCY') return mode;
  const assignment = currentAssignment(state);
  if (!assignment || state.series !== 'OPEN') return 'ENTERING';
  if (!assignment.backup) return 'NO_BACKUP';
  return hasPrices(state) ? null : 'FETCHING';
}
