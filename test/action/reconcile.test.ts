/** `service: '*'`: every service has its turn, whatever becomes of the others. */
import { expect, test } from 'vitest';
import { eachOf } from '../../src/action/reconcile.ts';
import { Problem, findingText } from '../../src/core/problem.ts';

test('whatever one service throws, the later ones are looked at, and nothing of it is shown', async () => {
  const seen: string[] = [];
  const faults = await eachOf(['a', 'b', 'c', 'd'], async (service) => {
    seen.push(service);
    if (service === 'a') throw new TypeError('Bearer ya29.secret');
    if (service === 'b') throw new Problem('denied', { summary: 'Not allowed.', advice: 'Ask.' });
    return service === 'c' ? 'Left open.' : null;
  });
  const texts = faults.map(findingText);
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
  expect(texts.join()).not.toContain('ya29');
  expect(texts).toEqual([
    expect.stringMatching(/^a: Something unexpected happened \(TypeError at .+\)\. .+ report this/),
    'b: Not allowed. Ask.',
    'c: Left open. Look at its traffic by hand.',
  ]);
});

test('what one service lacks is told with its cure', async () => {
  const finding = { subject: 'x', value: 'y', wrong: 'is wrong.', advice: 'Mend it.' };
  const commands = ['gcloud grant'];
  const faults = await eachOf(['a', 'b'], async (service) => {
    const findings = service === 'b' ? [finding] : [];
    throw new Problem('denied', { summary: 'No.', advice: 'Grant it.', findings, commands });
  });
  expect(faults).toEqual([
    { subject: 'a:', value: null, wrong: 'No.', advice: 'Grant it.', command: 'gcloud grant' },
    {
      subject: 'b:',
      value: null,
      wrong: 'No. x "y" is wrong. Mend it.',
      advice: 'Grant it.',
      command: 'gcloud grant',
    },
  ]);
});
