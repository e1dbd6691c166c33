/** The short cuts of the simulator change nothing but its speed. */
import { expect, test } from 'vitest';
import type { Http, HttpAnswer } from '../../src/edges/http.ts';
import { aRecord } from '../unit/build.ts';
import { Known } from './known.ts';
import { openReading } from './reading.ts';
import { World } from './world.ts';

test('what is used stays known, what is not is forgotten', () => {
  const known = new Known<number>();
  const make = (text: string) => Number(text);
  for (let number = 0; number < 10_000; number += 1) {
    known.of('7', make);
    known.of(String(number + 10), make);
  }
  expect(known.get('7')).toBe(7);
  expect(known.get('10')).toBeUndefined();
  expect(known.get('10009')).toBe(10_009);
});

test('what could not be made is tried again', () => {
  const known = new Known<number>();
  const fails = () => {
    throw new Error('not now');
  };
  expect(() => known.of('1', fails)).toThrow('not now');
  expect(known.of('1', () => 1)).toBe(1);
});

test('two processes that write from the same text at the same moment write as themselves', async () => {
  const world = new World({ truth: 'good', rules: {}, faults: [] });
  await world.cloud.setUp();
  const sent: string[] = [];
  const opened = [1, 2].map((number) => {
    const answer: HttpAnswer = {
      kind: 'answer',
      headers: {},
      ...world.cloud.get(),
      serverTime: number * 1_000,
    };
    const put: Http['put'] = async ({ body }) => {
      sent.push(`${number}: ${/"writeId\\":\\"(\w+)/.exec(body)?.[1]}`);
      return { kind: 'no-answer', why: 'lost' };
    };
    const http: Http = { get: async () => answer, put, post: put };
    const newWriteId = () => String(number).repeat(16);
    return openReading({ http, newWriteId, monotonic: () => 0 });
  });
  const reads = await Promise.all(opened.map((cloudRun) => cloudRun.read()));
  expect(reads.map(({ readAt }) => readAt)).toEqual([1_000, 2_000]);
  const answers = opened.map((cloudRun, index) => cloudRun.write(reads[index]!, aRecord(), null));
  expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual([
    'read-again',
    'read-again',
  ]);
  expect(sent).toEqual([`1: ${'1'.repeat(16)}`, `2: ${'2'.repeat(16)}`]);
});
