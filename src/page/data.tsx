/** Data for a script: inert, and no markup in it ends it, whatever a title says. */
export function Data({id, value}: {id: string; value: object}) {
  const text = JSON.stringify(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return <template id={id} dangerouslySetInnerHTML={{__html: text}} />;
}

/** What the document of this page brings along; undefined: nothing. */
export function readData(id: string): string | undefined {
  return document.querySelector<HTMLTemplateElement>(`#${id}`)?.content.textContent ?? undefined;
}
