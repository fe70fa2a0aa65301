const BATCH_CHARACTERS = 64 * 1024;

/** Standard output for long answers: waits for its reader, and notices when that has gone away (`| head -1`). */
export class Output {
  /** Nobody reads any more. */
  isClosed = false;
  private batch = '';

  /** Write a line, soon; @returns false when nobody reads any more. */
  async line(text: string): Promise<boolean> {
    this.batch += `${text}\n`;
    return this.batch.length < BATCH_CHARACTERS ? !this.isClosed : this.flush();
  }

  /** Write what is still held back; @returns false when nobody reads any more. */
  async flush(): Promise<boolean> {
    const {batch} = this;
    this.batch = '';
    return batch === '' ? !this.isClosed : this.write(batch);
  }

  /** Write at once; @returns false when nobody reads any more. */
  async write(data: string | Uint8Array): Promise<boolean> {
    if (this.isClosed) return false;
    const error = await new Promise<unknown>(resolve => process.stdout.write(data, resolve));
    if (error) this.isClosed = true;
    return !this.isClosed;
  }
}
