/** Colours for a terminal; each function gets text without any. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const asItIs = (text: string) => text;

/** No colours: for files, pipes and `NO_COLOR`. */
export const plain: Paint = {bold: asItIs, dim: asItIs, red: asItIs, green: asItIs, yellow: asItIs, cyan: asItIs};
