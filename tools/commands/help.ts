import { command, COMMANDS, main } from "../shared/cli";

const program = command("help", "--help says more of each.").action(() => {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  console.log("npm run <command> -- [arguments]; --help says more of each.\n");
  for (const [name, line] of Object.entries(COMMANDS)) console.log(`${name.padEnd(width)}  ${line}`);
});

void main(program);
