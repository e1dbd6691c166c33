/** Where the processes and the requests of one state are. */
import type { Legacy } from '../../src/core/decision-types.ts';
import type { Mind } from './design.ts';

/** Where one process is. */
export type Place =
  | { readonly at: 'turn'; readonly by: number; readonly mind: Mind }
  /** `stale`: somebody has written since the read that the write was made from. */
  | {
      readonly at: 'send';
      readonly by: number;
      readonly mind: Mind;
      readonly request: number;
      readonly stale: boolean;
    }
  | {
      readonly at: 'over';
      readonly by: number;
      readonly died: boolean;
      /** What it has left on the runner for its post step. */
      readonly doom: Legacy | null;
    };

/** A request under way whose sender has given up waiting. */
export type Late = { readonly request: number; readonly stale: boolean };

/** The same, begun by a post step that finds what main has left. */
export function heirOf(place: Place, main: Place): Place {
  const isHeir = place.at === 'turn' && main.at === 'over' && main.doom !== place.mind.doom;
  return isHeir ? { ...place, mind: { ...place.mind, doom: main.doom } } : place;
}
