/** Ends a plugin once its engine has ended, however that came: the pipe to it then closes. */
export function endWithEngine(): void {
  process.stdin.resume();
  process.stdin.on("close", () => {
    process.exit(1);
  });
}
