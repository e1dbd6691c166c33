/** docs/migration.md says of every input of deploy-cloudrun what becomes of it, and its file is taken. */
import { expect, test } from 'vitest';
import { isInputName } from '../src/core/inputs/input-table.ts';
import { foreignInput } from '../src/core/inputs/foreign-inputs.ts';
import { readServiceFile } from '../src/edges/cloud-run/service-file.ts';
import { parseServiceText } from '../src/edges/service-yaml.ts';
import { read } from './docs/pages.ts';

const page = read('docs/migration.md');

/** google-github-actions/deploy-cloudrun 3.0.1, action.yml. */
const THEIRS =
  'service job metadata image source suffix env_vars env_vars_update_strategy secrets ' +
  'secrets_update_strategy labels skip_default_labels tag timeout flags no_traffic wait ' +
  'revision_traffic tag_traffic update_traffic_flags project_id region gcloud_version ' +
  'gcloud_component';

/** One for each input that a row names. */
const rows = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \| .*\|$/gm)].flatMap(
  ([, names = '', here = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({
      name,
      isRefused: here === 'refused',
    })),
);

test('the table has every input of deploy-cloudrun, once', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(THEIRS.split(' ').sort());
});

test.each(rows)('$name is taken or refused as the table says', ({ name, isRefused }) => {
  expect(isInputName(name)).toBe(!isRefused);
  if (isRefused) expect(foreignInput(name).advice).not.toContain('listed in action.yml');
});

test('the service file that is shown is one', () => {
  const [text = ''] = [...page.matchAll(/^```yaml\n(apiVersion[^]*?)^```$/gm)].map(
    ([, snippet = '']) => snippet,
  );
  const value = parseServiceText(text);
  expect(value.ok ? readServiceFile(value.value) : value).toMatchObject({
    ok: true,
    value: { service: 'web', labels: ['team'] },
  });
});
