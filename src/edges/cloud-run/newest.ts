/** Replicas may lag behind: an answer that is older than one already held is not acted upon. */
import type { RolloutRecord, ServiceSnapshot } from '../../core/types.ts';
import { asWhole, at } from '../json.ts';
import type { JsonObject } from '../json.ts';

type SeenRecord = ServiceSnapshot['record'];

export type Newest = {
  /** false: older than what was learnt before. */
  accept(raw: JsonObject, record: SeenRecord): boolean;
  learn(raw: JsonObject, record: SeenRecord): void;
};

/**
 * Ordered by generation, and by the transition of the record as well: a write of the record alone
 * makes no new generation. Another uid is another service of the same name.
 */
export function createNewest(): Newest {
  let uid: unknown = null;
  let generation = 0;
  let newest: SeenRecord = 'none';
  const learn = (raw: JsonObject, record: SeenRecord) => {
    const seen = generationOf(raw);
    generation = at(raw, 'metadata', 'uid') === uid ? Math.max(generation, seen) : seen;
    uid = at(raw, 'metadata', 'uid');
    newest = record;
  };
  return {
    learn,
    accept(raw, record) {
      const seen = generationOf(raw);
      // With a later generation an earlier record is news: somebody has put it back.
      const isOlder = seen < generation || (seen === generation && isEarlier(record, newest));
      if (at(raw, 'metadata', 'uid') === uid && isOlder) return false;
      learn(raw, record);
      return true;
    },
  };
}

function generationOf(raw: JsonObject): number {
  return asWhole(at(raw, 'metadata', 'generation')) ?? 0;
}

function isEarlier(record: SeenRecord, than: SeenRecord): boolean {
  return (
    isReadable(record) &&
    isReadable(than) &&
    record.rolloutId === than.rolloutId &&
    record.transition < than.transition
  );
}

function isReadable(record: SeenRecord): record is RolloutRecord {
  return typeof record !== 'string';
}
