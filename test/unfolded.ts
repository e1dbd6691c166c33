/** A command of a report as one line again, as its reader types it. */
export function unfolded(markdown: string): string {
  return markdown.replaceAll(/ \\\n\s*/g, ' ');
}
