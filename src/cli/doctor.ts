export async function doctor(_id: string | undefined, _flags: object): Promise<number> {
  return 0;
}
