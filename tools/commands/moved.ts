import { MOVED } from "../shared/cli";

const name = process.argv[2] as keyof typeof MOVED;

console.error(`error: npm run ${name} has become part of another command. Type: ${MOVED[name]}`);
process.exitCode = 1;
