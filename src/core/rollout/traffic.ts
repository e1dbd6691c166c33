/** Splits: what a record asks for, and whether that is what is there. */
import type { BirthCertificate } from '../service-types.ts';
import type { Percent, RecordDraft, ServiceSnapshot, Split, Tag } from '../types.ts';
import { sharedSplit } from './clone.ts';

/** The split that belongs to a record; "as-found" when the rollout has let go of the traffic. */
export function splitOf(record: RecordDraft): Split | 'as-found' {
  switch (record.phase) {
    case 'released':
      return 'as-found';
    case 'rolled-back':
    case 'start-failed':
      return { [record.stable]: 100 };
    case 'promoted':
      return { [record.canary]: 100 };
    case 'active':
    case 'held':
      return sharedSplit(record, percentOf(record));
  }
}

/** Share that the record's stage gives to the canary. */
export function percentOf(record: RecordDraft): Percent {
  return record.percents[record.stage] ?? 0;
}

export function sameSplit(a: Split, b: Split): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}

/** Nobody but the two of this certificate has traffic, and the canary has part of it, or all. */
export function explains({ canary, stable, clone }: BirthCertificate, asked: Split): boolean {
  // Another revision is somebody else's, and its share is theirs.
  const known = Object.keys(asked).every((name) => [canary, stable, clone].includes(name));
  return known && Object.hasOwn(asked, canary);
}

/** The one revision that has everything; null when there are several, or none. */
export function soleRevision(split: Split): string | null {
  const [first, ...rest] = Object.keys(split);
  return first !== undefined && rest.length === 0 && split[first] === 100 ? first : null;
}

/** In the record of an ending that knew of its rollout only by the birth certificate. */
export const TAG_UNKNOWN = 'gone';

/**
 * Whose a tag is that we want to use; null: nobody's, or left on a canary of ours by the last rollout.
 */
export function strangersTag(
  { tags, record }: Pick<ServiceSnapshot, 'tags' | 'record'>,
  wanted: string,
): Tag | null {
  const taken = tags.find((row) => row.tag === wanted) ?? null;
  // Where a record was erased nobody knew its tag any more, so it was left on the canary.
  const ours =
    typeof record !== 'string' &&
    [wanted, TAG_UNKNOWN].includes(record.tag) &&
    record.canary === taken?.revision;
  return ours ? null : taken;
}

export function removeTagCommand(tag: string): string {
  return `gcloud run services update-traffic SERVICE --region=REGION --remove-tags=${tag}`;
}

/** "web-00041-kib 95 %, web-c8y7innm-1 5 %", biggest share first. */
export function splitText(split: Split): string {
  const rows = Object.entries(split).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return rows.length === 0 ? 'nobody' : rows.map(([name, p]) => `${name} ${p} %`).join(', ');
}

/** A revision of the same name with another image than the one recorded (S12). */
export function isSwapped(recorded: string, digest: string | null): boolean {
  const now = digestOf(digest ?? '');
  const then = digestOf(recorded);
  return now !== null && then !== null && now !== then;
}

/** null: the reference holds none. */
export function digestOf(image: string): string | null {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? null;
}
