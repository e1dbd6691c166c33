import { expect, test } from 'vitest';
import { refusal, REPO, SHA, startGithub } from './fixture.ts';

const RUN = { ...REPO, name: 'canary: shop', head_sha: SHA };
const output = (summary: string) => ({ title: 'Stage 1', summary });

const ANNOTATION = {
  path: 'service.yaml',
  start_line: 1,
  end_line: 1,
  annotation_level: 'warning' as const,
  message: 'p95 is 3 times the baseline',
};

test('a summary is measured in bytes, not in characters', async () => {
  const { octokit, state } = await startGithub();
  const fits = `${'é'.repeat(32_767)}x`;
  await octokit.checks.create({ ...RUN, output: output(fits) });
  expect(state.checkRuns[0]!.output.summary).toBe(fits);
  const over = await refusal(octokit.checks.create({ ...RUN, output: output(`${fits}x`) }));
  expect(over.status).toBe(422);
  expect(over.text).toContain('summary exceeds a maximum bytesize of 65535');
  expect(state.checkRuns).toHaveLength(1);
});

test('a summary of too many characters names both numbers', async () => {
  const { octokit } = await startGithub();
  const over = await refusal(octokit.checks.create({ ...RUN, output: output('x'.repeat(70_000)) }));
  expect(over.text).toContain('Only 65535 characters are allowed; 70000 were supplied.');
});

test('a text with too many bytes is cut without a word, before the character that breaks', async () => {
  const { octokit } = await startGithub();
  const text = 'é'.repeat(32_768);
  const made = await octokit.checks.create({ ...RUN, output: { ...output('s'), text } });
  expect(made.data.output.text).toBe('é'.repeat(32_767));
});

test('characters are UTF-16 units: a text of too many is refused, not cut', async () => {
  const { octokit } = await startGithub();
  const text = '😀'.repeat(32_768);
  const over = await refusal(octokit.checks.create({ ...RUN, output: { ...output('s'), text } }));
  expect(over.text).toContain('Only 65535 characters are allowed; 65536 were supplied.');
});

test('an update with an output replaces all of it: what is left out becomes null', async () => {
  const { octokit } = await startGithub();
  const made = await octokit.checks.create({ ...RUN, output: { ...output('s'), text: 'kept?' } });
  const one = { ...REPO, check_run_id: made.data.id };
  const untouched = await octokit.checks.update({ ...one, external_id: '8/1' });
  expect(untouched.data.output.text).toBe('kept?');
  const replaced = await octokit.checks.update({ ...one, output: { summary: 'only this' } });
  expect(replaced.data.output).toMatchObject({ title: null, summary: 'only this', text: null });
});

test('annotations of an update are added to those before, and 51 at once are refused', async () => {
  const { octokit } = await startGithub();
  const many = (count: number) => ({
    ...output('s'),
    annotations: Array.from({ length: count }, () => ANNOTATION),
  });
  const made = await octokit.checks.create({ ...RUN, output: many(50) });
  const one = { ...REPO, check_run_id: made.data.id };
  const more = await octokit.checks.update({ ...one, output: many(2) });
  expect(more.data.output.annotations_count).toBe(52);
  const page = await octokit.checks.listAnnotations({ ...one, per_page: 50, page: 2 });
  expect(page.data).toHaveLength(2);
  const over = await refusal(octokit.checks.update({ ...one, output: many(51) }));
  expect(over.text).toContain('No more than 50 items are allowed; 51 were supplied.');
  expect((await octokit.checks.get(one)).data.output.annotations_count).toBe(52);
});

test.each([
  ['message', { message: 'é'.repeat(32_769) }],
  ['raw_details', { raw_details: 'é'.repeat(32_769) }],
  ['title', { title: 'x'.repeat(256) }],
])(
  'an annotation with too long a %s is refused, and nothing of the call is kept',
  async (...row) => {
    const [field, longer] = row;
    const { octokit, state } = await startGithub();
    const made = await octokit.checks.create({ ...RUN, output: output('before') });
    const annotations = [{ ...ANNOTATION, ...longer }];
    const refused = await refusal(
      octokit.checks.update({
        ...REPO,
        check_run_id: made.data.id,
        external_id: 'x',
        output: { ...output('after'), annotations },
      }),
    );
    expect(refused).toMatchObject({ status: 422, text: expect.stringContaining(field) });
    expect(state.checkRuns[0]).toMatchObject({ externalId: null, output: { summary: 'before' } });
  },
);

test('a page never has more than 100 items', async () => {
  const { octokit } = await startGithub();
  const annotations = Array.from({ length: 50 }, () => ANNOTATION);
  const made = await octokit.checks.create({ ...RUN, output: { ...output('s'), annotations } });
  const one = { ...REPO, check_run_id: made.data.id };
  await octokit.checks.update({ ...one, output: { ...output('s'), annotations } });
  await octokit.checks.update({ ...one, output: { ...output('s'), annotations: [ANNOTATION] } });
  const page = await octokit.checks.listAnnotations({ ...one, per_page: 200 });
  expect(page.data).toHaveLength(100);
  expect(page.headers.link).toMatch(/page=2>; rel="next"/);
  expect((await octokit.checks.listAnnotations(one)).data).toHaveLength(30);
});

test('details_url is the page of the run, whatever was sent, and images do not come back', async () => {
  const { octokit } = await startGithub();
  const images = [{ alt: 'chart', image_url: 'https://example.com/a.png' }];
  const made = await octokit.checks.create({
    ...RUN,
    details_url: 'https://example.com/elsewhere',
    output: { ...output('s'), images },
  });
  expect(made.data.details_url).toBe(`https://github.com/octo-org/shop/runs/${made.data.id}`);
  expect(made.data.details_url).toBe(made.data.html_url);
  expect(made.data.output).not.toHaveProperty('images');
});
