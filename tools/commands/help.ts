import { COMMANDS } from "../shared/cli";

const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));

console.log("npm run <command> -- [arguments]; --help says more of each.\n");
for (const [name, line] of Object.entries(COMMANDS)) console.log(`${name.padEnd(width)}  ${line}`);
