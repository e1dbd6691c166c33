import { expect, test } from 'vitest';
import { SHA, startGithub } from './fixture.ts';
import { openSchema, type Operation } from './schema.ts';

const PULL = {
  repo: 'Octo-Org/shop',
  number: 12,
  headSha: SHA,
  headRef: 'feature',
  mergedAt: '2026-11-20T14:00:00Z',
  mergeCommitSha: 'b'.repeat(40),
};

test("everything it answers is what GitHub's own description says", async () => {
  const { plain, controls } = await startGithub();
  const schema = openSchema();
  controls.addPull(PULL);
  controls.workflows.set('canary.yml', []);
  const commits = ['c', 'd'].map((letter) => letter.repeat(40));
  for (const sha of commits) controls.addCommit({ repo: PULL.repo, sha, message: 'Change' });
  const R = '/repos/{owner}/{repo}';
  const ids: Record<string, string | number> = { ref: SHA, commit_sha: SHA, issue_number: 12 };
  const ask = async (operation: Operation, body?: object): Promise<number> => {
    const { method, template } = operation;
    const path = template
      .replace(R, '/repos/octo-org/shop')
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => String(ids[name]));
    const { status, json } = await plain(method, path, body);
    const at = { ...operation, status };
    expect([template, status, schema.answerFaults(at, json)]).toEqual([
      template,
      method === 'POST' && !template.endsWith('dispatches') ? 201 : 200,
      [],
    ]);
    return json.id ?? 0;
  };
  const post = (template: string, body: object) => ask({ method: 'POST', template }, body);
  const get = (template: string) => ask({ method: 'GET', template });
  const annotations = [
    { path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' },
  ];
  const output = { title: 't', summary: 's', annotations };
  ids['check_run_id'] = await post(`${R}/check-runs`, { name: 'c', head_sha: SHA, output });
  await ask({ method: 'PATCH', template: `${R}/check-runs/{check_run_id}` }, { status: 'queued' });
  await get(`${R}/check-runs/{check_run_id}`);
  await get(`${R}/check-runs/{check_run_id}/annotations`);
  await get(`${R}/commits/{ref}/check-runs`);
  await get(`${R}/commits/{commit_sha}/pulls`);
  ids['basehead'] = commits.join('...');
  await get(`${R}/compare/{basehead}`);
  const comments = `${R}/issues/{issue_number}/comments`;
  ids['comment_id'] = await post(comments, { body: 'x' });
  await ask({ method: 'PATCH', template: `${R}/issues/comments/{comment_id}` }, { body: 'y' });
  await get(comments);
  const manual = { ref: SHA, auto_merge: false, required_contexts: [] };
  ids['deployment_id'] = await post(`${R}/deployments`, manual);
  await post(`${R}/deployments/{deployment_id}/statuses`, { state: 'success' });
  await get(`${R}/deployments`);
  await get(`${R}/deployments/{deployment_id}/statuses`);
  ids['workflow_id'] = 'canary.yml';
  const details = { ref: 'main', return_run_details: true };
  await post(`${R}/actions/workflows/{workflow_id}/dispatches`, details);
});
