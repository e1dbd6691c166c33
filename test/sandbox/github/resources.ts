/**
 * The parts of GitHub's documents that stand around what we keep: accounts, the Actions app, a
 * repository. https://docs.github.com/rest/using-the-rest-api/github-event-types
 */

/** GitHub's own app: whatever a workflow token makes is made by it. */
export const ACTIONS_APP = 15_368;

/** Whom a workflow token writes as. */
export const ACTIONS_LOGIN = 'github-actions[bot]';

/** Web addresses stay on github.com even where the API is elsewhere, as a reader sees them. */
export const WEB = 'https://github.com';

const EPOCH = '2008-02-20T00:00:00Z';

/** Number of a name, the same in every run: owners, repositories and suites are not stored. */
export function numberOf(name: string): number {
  let number = 7;
  for (const unit of name.toLowerCase()) {
    number = (number * 31 + (unit.codePointAt(0) ?? 0)) % 1_000_000_007;
  }
  return number + 1;
}

export function nodeId(kind: string, id: number): string {
  return Buffer.from(`0${kind.length}:${kind}${id}`).toString('base64');
}

export function instant(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

export function account(api: string, login: string, type: 'User' | 'Bot' | 'Organization'): object {
  const url = `${api}/users/${login}`;
  const id = numberOf(login);
  const lists = [
    'followers',
    'following',
    'gists',
    'starred',
    'subscriptions',
    'repos',
    'events',
    'received_events',
  ];
  return {
    login,
    id,
    node_id: nodeId(type, id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${WEB}/${login}`,
    organizations_url: `${url}/orgs`,
    ...Object.fromEntries(lists.map((list) => [`${list}_url`, `${url}/${list}`])),
    type,
    site_admin: false,
  };
}

export function app(api: string, id: number): object {
  const slug = id === ACTIONS_APP ? 'github-actions' : `app-${id}`;
  return {
    id,
    slug,
    node_id: nodeId('Integration', id),
    owner: account(api, id === ACTIONS_APP ? 'github' : `${slug}-owner`, 'Organization'),
    name: id === ACTIONS_APP ? 'GitHub Actions' : slug,
    description: null,
    external_url: `https://example.com/${slug}`,
    html_url: `${WEB}/apps/${slug}`,
    created_at: EPOCH,
    updated_at: EPOCH,
    permissions: { checks: 'write', metadata: 'read' },
    events: [],
  };
}

const REPOSITORY_LISTS = `archive assignees blobs branches collaborators comments commits compare
  contents contributors deployments downloads events forks git_commits git_refs git_tags hooks
  issue_comment issue_events issues keys labels languages merges milestones notifications pulls
  releases stargazers statuses subscribers subscription tags teams trees`.split(/\s+/);

/** `repo`: "owner/name". */
export function repository(api: string, repo: string): object {
  const [owner = '', name = ''] = repo.split('/');
  const url = `${api}/repos/${repo}`;
  const id = numberOf(repo);
  const counts = ['forks', 'open_issues', 'stargazers', 'watchers'];
  return {
    id,
    node_id: nodeId('Repository', id),
    name,
    full_name: repo,
    owner: account(api, owner, 'Organization'),
    private: true,
    description: null,
    fork: false,
    url,
    html_url: `${WEB}/${repo}`,
    clone_url: `${WEB}/${repo}.git`,
    git_url: `git://github.com/${repo}.git`,
    ssh_url: `git@github.com:${repo}.git`,
    svn_url: `${WEB}/${repo}`,
    mirror_url: null,
    ...Object.fromEntries(REPOSITORY_LISTS.map((list) => [`${list}_url`, `${url}/${list}`])),
    ...Object.fromEntries(counts.map((count) => [`${count}_count`, 0])),
    forks: 0,
    open_issues: 0,
    watchers: 0,
    size: 0,
    default_branch: 'main',
    has_downloads: true,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    homepage: null,
    language: null,
    archived: false,
    disabled: false,
    license: null,
    pushed_at: EPOCH,
    created_at: EPOCH,
    updated_at: EPOCH,
  };
}
