/**
 * Hundreds of processes run the same bundle and the same revision. Where a test project names a folder
 * for it (vitest.config.mts), Node compiles them once. The demo and what measures a start name none.
 */
export function compileCache(): Record<string, string> {
  const { NODE_COMPILE_CACHE: folder } = process.env;
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
