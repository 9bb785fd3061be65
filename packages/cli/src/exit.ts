/** Ends the process with a code once what was written is out. Whatever still holds the event loop (a client library's
 *  timer, say) does not keep a finished command. */
export async function exit(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((done) => {
      if (stream.destroyed || stream.writableLength === 0) done();
      else stream.write('', () => done());
    });
  }
  process.exit(code);
}
