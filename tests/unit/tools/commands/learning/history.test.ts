import { parseHistory, readHistory } from "../../../../../tools/commands/learning/history";
import { one } from "../../../../../tools/commands/learning/names";

const RIGHT = '{"agent":"ada","task_type":"coding","success":true,"at":"2026-02-01T10:00:00Z"}';

function faultOf(line: string): string | undefined {
  return parseHistory([{ file: "a", text: line }]).faults[0]?.fault;
}

test("a line is an execution or an agent; an agent that only has executions is idle and takes tasks", () => {
  const text = [
    '{"agent":"bob","load":0.5,"available":false}',
    RIGHT,
    '{"agent":"bob","task_type":"coding","success":false,"at":"2026-02-01T12:00:00.5+02:00","duration":"1h30m","cost":0.2}',
    '{"agent":"cyd","available":true}',
  ];
  const { executions, agents, faults } = parseHistory([{ file: "a", text: text.join("\n") }]);
  expect(faults).toEqual([]);
  expect(executions.map(({ agent, success, duration, cost }) => [agent, success, duration, cost])).toEqual([
    ["ada", true, "0s", 0],
    ["bob", false, "1h30m", 0.2],
  ]);
  expect(agents).toEqual([
    { agent: "ada", load: 0, available: true },
    { agent: "bob", load: 0.5, available: false },
    { agent: "cyd", load: 0, available: true },
  ]);
});

test("empty lines, a byte order mark and the line ends of Windows are nothing to speak of", () => {
  const { executions, faults } = parseHistory([{ file: "a", text: `\uFEFF${RIGHT}\r\n\r\n  \n${RIGHT}\r\n` }]);
  expect([executions.length, faults]).toEqual([2, []]);
});

test("a line that is not right is named by file and number, and the rest is as without it", () => {
  const files = [
    { file: "a", text: `${RIGHT}\n\nnonsense\n${RIGHT}` },
    { file: "b", text: `{"agent":"ada"}\n${RIGHT}` },
  ];
  const { executions, faults } = parseHistory(files);
  expect(executions.length).toBe(3);
  expect(faults.map(({ file, line }) => `${file}:${String(line)}`)).toEqual(["a:3", "b:1"]);
});

test.each([
  ["nonsense", "this is no JSON"],
  ["[1]", "must be a JSON object"],
  ["null", "must be a JSON object"],
  [RIGHT.replace("true", '"yes"'), 'success: must be true or false, not "yes"'],
  [RIGHT.replace('"ada"', '""'), "agent: must not be empty"],
  [RIGHT.replace('"ada"', "7"), "agent: must be text, not 7"],
  [RIGHT.replace('"success":true,', ""), "success: is missing"],
  [RIGHT.replace("task_type", "taskType"), 'task_type: is missing; "taskType": there is no such field'],
  [RIGHT.replace("true", 'true,"__proto__":1'), '"__proto__": there is no such field'],
  [RIGHT.replace("true", 'true,"cost":-1'), "cost: must be 0 or more, not -1"],
  [RIGHT.replace("true", 'true,"duration":"1.5s"'), 'duration: must be a duration such as 90s or 1h30m, not "1.5s"'],
  [RIGHT.replace("true", 'true,"duration":90'), "duration: must be a duration such as 90s or 1h30m, not 90"],
  ['{"agent":"ada","load":1.5}', "load: must be from 0 to 1, not 1.5"],
  ['{"agent":"ada","load":"low"}', 'load: must be a number from 0 to 1, not "low"'],
  ['{"agent":"ada","load":0.1,"colour":"red"}', '"colour": there is no such field'],
])("of %s it says: %s", (line, fault) => {
  expect(faultOf(line)).toBe(fault);
});

test.each([
  "yesterday",
  "2026-02-30T10:00:00Z",
  "2026-02-01T10:00:00",
  "2026-02-01T10:00Z",
  "3026-02-01T10:00:00Z",
  "1969-12-31T23:59:59Z",
])("%s is no moment that the database could put in order", (at) => {
  expect(faultOf(RIGHT.replace("2026-02-01T10:00:00Z", at))).toBe(
    `at: must be a moment such as 2026-02-01T10:00:00Z, from 1970 to 2261, not "${at}"`,
  );
});

test("an agent is described once", () => {
  const { agents, faults } = parseHistory([
    { file: "a", text: '{"agent":"ada","load":0.1}' },
    { file: "b", text: '{"agent":"ada","load":0.2}' },
  ]);
  expect(agents).toEqual([{ agent: "ada", load: 0.1, available: true }]);
  expect(faults).toEqual([{ file: "b", line: 1, fault: "agent: a:1 has described it already" }]);
});

test("the history of the examples is right", () => {
  const { executions, agents, faults } = readHistory(["history.jsonl"], (name) => `examples/learning/${name}`);
  expect(faults).toEqual([]);
  expect([executions.length > 100, agents.length]).toEqual([true, 6]);
});

test.each([
  ["nowhere.jsonl", /^nowhere\.jsonl cannot be read: .*ENOENT/],
  ["tests", /^tests cannot be read: .*EISDIR/],
  ["/dev/null", /^\/dev\/null: there is no line in it; docs\/learning\.md shows them\.$/],
  ["Pulumi.yaml", /^No line is right, Pulumi\.yaml:1: this is no JSON\. docs\/learning\.md shows/],
])("without a line of %s it says what is wrong", (file, message) => {
  expect(() => readHistory([file], (name) => name)).toThrow(message);
});

test("a name nobody knows is told with those it may be, the nearest first", () => {
  expect(one("agent", "bob", ["ada", "bob"])).toBe("bob");
  expect(() => one("agent", "boob", ["ada", "bob"])).toThrow("There is no agent 'boob'. There are: bob, ada.");
  const many = Array.from({ length: 12 }, (_, index) => `agent${String(index)}`);
  expect(() => one("agent", "x", many)).toThrow(/ and 2 more\.$/);
});
