/**
 * An independent opinion: emulate@0.12.2, another fake of GitHub by other people. The same calls of
 * the real client must be accepted and refused alike. Not compared, because it is looser than
 * GitHub's own description: sizes, the level of an annotation, unknown tokens, and the status (400)
 * of a comment without a body.
 */
import { expect, test } from 'vitest';
import { REPO, silentOctokit, startGithub } from '../fixture.ts';
import { startPeer } from './fixture.ts';
import type { Side } from './fixture.ts';

async function startOurs(sha: string): Promise<Side> {
  const { octokit, controls } = await startGithub();
  controls.addPull({
    repo: `${REPO.owner}/${REPO.repo}`,
    number: 1,
    headSha: sha,
    headRef: 'feature',
    mergedAt: null,
    mergeCommitSha: null,
  });
  return { octokit, sha };
}

type Outcome = { readonly status: number; readonly said: unknown };

async function outcome<T>(
  call: Promise<{ readonly status: number; readonly data: T }>,
  say: (data: T) => unknown,
): Promise<Outcome> {
  try {
    const { status, data } = await call;
    return { status, said: say(data) };
  } catch (error) {
    if (error instanceof Error && 'status' in error) {
      return { status: Number(error.status), said: null };
    }
    throw error;
  }
}

type Run = {
  name: string;
  status: string;
  conclusion: string | null;
  head_sha: string;
  external_id: string | null;
  completed_at: string | null;
  output: { title: string | null; summary: string | null; annotations_count: number };
};
const runSaid = (run: Run) => ({
  name: run.name,
  status: run.status,
  conclusion: run.conclusion,
  sha: run.head_sha,
  external: run.external_id,
  isCompleted: run.completed_at !== null,
  title: run.output.title,
  summary: run.output.summary,
  annotations: run.output.annotations_count,
});
const listSaid = (list: { total_count: number; check_runs: Run[] }) => ({
  total: list.total_count,
  runs: list.check_runs.map(runSaid),
});

/** The calls a rollout makes, and the mistakes it might make, in order. */
async function checks({ octokit, sha }: Side): Promise<readonly Outcome[]> {
  const run = { ...REPO, name: 'canary: shop', head_sha: sha };
  const output = { title: 'Stage 1', summary: '5 %' };
  const annotation = { path: 'a', start_line: 1, end_line: 1, message: 'm' };
  const made = await octokit.checks.create({ ...run, external_id: '7/1', status: 'in_progress' });
  const one = { ...REPO, check_run_id: made.data.id };
  const wrong = (extra: object) => octokit.checks.create({ ...run, ...extra });
  const unfinished: object = { status: 'completed' };
  const list = (extra: object) => octokit.checks.listForRef({ ...REPO, ref: sha, ...extra });
  return [
    await outcome(octokit.checks.get(one), runSaid),
    await outcome(octokit.checks.update({ ...one, output }), runSaid),
    await outcome(
      octokit.checks.update({
        ...one,
        output: { ...output, annotations: [{ ...annotation, annotation_level: 'notice' }] },
      }),
      runSaid,
    ),
    await outcome(octokit.checks.update({ ...one, ...unfinished }), runSaid),
    await outcome(
      octokit.checks.update({ ...one, status: 'completed', conclusion: 'success' }),
      runSaid,
    ),
    await outcome(
      octokit.checks.create({ ...run, conclusion: 'neutral', status: 'completed' }),
      runSaid,
    ),
    await outcome(list({}), listSaid),
    await outcome(list({ filter: 'all' }), listSaid),
    await outcome(
      list({ filter: 'all', check_name: 'canary: shop', status: 'completed' }),
      listSaid,
    ),
    await outcome(list({ check_name: 'nothing' }), listSaid),
    await outcome(wrong({ head_sha: undefined }), runSaid),
    await outcome(wrong({ name: undefined }), runSaid),
    await outcome(wrong({ status: 'completed' }), runSaid),
    await outcome(wrong({ conclusion: 'passed' }), runSaid),
    await outcome(wrong({ status: 'running' }), runSaid),
    await outcome(octokit.checks.get({ ...REPO, check_run_id: 1_234_567 }), runSaid),
    await outcome(octokit.checks.update({ ...REPO, check_run_id: 1_234_567, output }), runSaid),
  ];
}

async function comments({ octokit }: Side): Promise<readonly Outcome[]> {
  const issue = { ...REPO, issue_number: 1 };
  const said = (comment: { body?: string }) => comment.body;
  const made = await octokit.issues.createComment({ ...issue, body: 'Canary at 5 %' });
  const one = { ...REPO, comment_id: made.data.id };
  return [
    await outcome(octokit.issues.updateComment({ ...one, body: 'Canary at 25 %' }), said),
    await outcome(octokit.issues.createComment({ ...issue, body: 'Done' }), said),
    await outcome(octokit.issues.listComments(issue), (all: { body?: string }[]) => all.map(said)),
    await outcome(
      octokit.issues.listComments({ ...issue, per_page: 1, page: 2 }),
      (all: { body?: string }[]) => all.map(said),
    ),
    await outcome(octokit.issues.createComment({ ...issue, issue_number: 99, body: 'x' }), said),
    await outcome(octokit.issues.updateComment({ ...one, comment_id: 1_234_567, body: 'x' }), said),
  ];
}

test('check runs: the peer accepts, refuses and remembers the same', async () => {
  const peer = await startPeer();
  expect(await checks(await startOurs(peer.sha))).toEqual(await checks(peer));
});

test('comments: the peer accepts, refuses and remembers the same', async () => {
  const peer = await startPeer();
  expect(await comments(await startOurs(peer.sha))).toEqual(await comments(peer));
});

test('without any token both refuse to write', async () => {
  const { base } = await startGithub();
  const peer = await startPeer();
  const { baseUrl } = peer.octokit.request.endpoint.DEFAULTS;
  const ask = (url: string) => {
    const run = { ...REPO, name: 'canary', head_sha: peer.sha };
    return outcome(silentOctokit(url, '').checks.create(run), () => 'accepted');
  };
  const refused = { status: 401, said: null };
  expect([await ask(base), await ask(baseUrl)]).toEqual([refused, refused]);
});
