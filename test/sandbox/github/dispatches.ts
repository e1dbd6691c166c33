/** https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event */
import { notFound, Refusal } from './refusal.ts';
import { WEB } from './resources.ts';
import type { Route } from './route.ts';
import type { GithubState } from './state.ts';

/** Workflows with a `workflow_dispatch` trigger: file name → names of their inputs. */
export type Workflows = Map<string, readonly string[]>;

type DispatchBody = {
  readonly ref: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly return_run_details?: boolean;
};

export function dispatchRoutes(state: GithubState, workflows: Workflows): readonly Route[] {
  return [
    {
      method: 'POST',
      template: '/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
      permissions: ['actions'],
      level: 'write',
      documentation:
        'https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event',
      answer: ({ repo, params, body, api }) => {
        const workflow = params['workflow_id'] ?? '';
        const known = workflows.get(workflow);
        if (known === undefined) throw notFound();
        const asked: DispatchBody = JSON.parse(body);
        const { ref, inputs = {}, return_run_details: details } = asked;
        const unknown = Object.keys(inputs).filter((name) => !known.includes(name));
        if (unknown.length > 0) {
          throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(unknown)}`);
        }
        const runId = state.nextId();
        state.dispatches.push({ repo: repo.toLowerCase(), workflow, ref, inputs, runId });
        if (details !== true) return { status: 204 };
        return {
          status: 200,
          body: {
            workflow_run_id: runId,
            run_url: `${api}/repos/${repo}/actions/runs/${runId}`,
            html_url: `${WEB}/${repo}/actions/runs/${runId}`,
          },
        };
      },
    },
  ];
}
