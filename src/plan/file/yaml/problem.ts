import {parseAllDocuments} from 'yaml';

/** Why a text is no YAML; undefined when it is. */
export function yamlProblem(text: string): string | undefined {
  const documents = parseAllDocuments(text, {logLevel: 'silent'});
  const errors = Array.isArray(documents) ? documents.flatMap(document => document.errors) : [];
  return errors[0] && `it is no YAML: ${errors[0].message.split('\n')[0]}`;
}
