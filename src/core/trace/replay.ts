/** The judge once more, on the recorded table of one look, and whether it comes to the same. */
import { fingerprint, numbersOf } from './tables.ts';
import type { RecordedLook } from './trace-read.ts';
import type { Said } from './trace-types.ts';
import { judge } from '../judge/judge.ts';

export type Replayed = {
  readonly look: RecordedLook;
  readonly now: Said;
  /** `edited`: what is recorded is not what was written; whatever it comes to proves nothing. */
  readonly comparison: 'same' | 'other-verdict' | 'other-numbers' | 'edited';
};

export function replayed(look: RecordedLook): Replayed {
  const { said, checksum } = look;
  const data = look.data();
  // Its table is not to be kept for the sake of a line about it.
  const { observation: _, ...now } = judge(data.observation, data.judging, data.look);
  const isSameVerdict = now.verdict === said.verdict && now.reason === said.reason;
  // As JSON, for that is how they were recorded.
  const isSame = JSON.stringify(numbersOf(now)) === JSON.stringify(numbersOf(said));
  const isEdited = fingerprint(data, said) !== checksum;
  const comparison = !isSameVerdict
    ? 'other-verdict'
    : isEdited
      ? 'edited'
      : isSame
        ? 'same'
        : 'other-numbers';
  return { look, now, comparison };
}

/** One line, of our own words, numbers and times only. */
export function replayedText({ look, now, comparison }: Replayed): string {
  const { at, stage, percent, said, rows } = look;
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  const found = `${time}  stage ${stage} at ${percent} %, ${rows} rows: ${now.verdict} (${now.reason})`;
  switch (comparison) {
    case 'same':
      return `${found}, as recorded`;
    case 'other-verdict':
      return `${found}, but ${said.verdict} (${said.reason}) is recorded`;
    case 'other-numbers':
      return `${found} is recorded, too, but with other numbers`;
    case 'edited':
      return `${found}, but the record has been edited since: its checksum does not fit`;
  }
}
