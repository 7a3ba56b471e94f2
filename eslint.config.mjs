import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** A rule for a folder: rooms that its files do not import from, and why. */
function closed(folder, rooms, message) {
  return {
    files: [`${folder}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: `^\\.{1,2}/(.+/)?(${rooms.join("|")})(/|$)`, message }] },
      ],
    },
  };
}

const PROGRAM = ["tools", "tests", "policy"];

/** Which folder knows which: imports point downward, docs/architecture.md. */
export const directions = [
  { ...closed(".", PROGRAM, "What is deployed knows nothing of tools/."), files: ["index.ts"] },
  closed("components", [...PROGRAM, "outputs"], "A box knows kubernetes/, config/schema and knowledge-graph/."),
  closed(
    "kubernetes",
    [...PROGRAM, "outputs", "components", "knowledge-graph"],
    "What boxes are made of knows no box, and nothing of the platform.",
  ),
  closed(
    "outputs",
    [...PROGRAM, "components", "knowledge-graph"],
    "What others read knows kubernetes/ and config/schema.",
  ),
  closed("config", [...PROGRAM, "outputs", "components", "kubernetes", "knowledge-graph"], "Config knows zod alone."),
  closed(
    "config/schema",
    [...PROGRAM, "outputs", "components", "kubernetes", "knowledge-graph", "rules"],
    "A section knows other sections alone.",
  ),
  closed(
    "knowledge-graph",
    [...PROGRAM, "outputs", "components", "kubernetes", "config(?!/schema)"],
    "The knowledge graph knows config/schema alone.",
  ),
  closed(
    "policy",
    ["tools", "tests", "outputs", "components", "kubernetes", "knowledge-graph", "config"],
    "The policy pack is run by pulumi alone.",
  ),
  closed("tools/shared", ["commands", "pulumi", "report", "cluster", "recording"], "tools/shared knows no other room."),
  closed("tools/recording", ["commands", "pulumi", "report", "cluster"], "tools/recording knows tools/shared alone."),
  closed("tools/report", ["commands", "pulumi", "cluster"], "tools/report knows tools/recording and tools/shared."),
  closed("tools/cluster", ["commands", "pulumi", "report"], "tools/cluster knows tools/recording and tools/shared."),
  closed("tools/pulumi", ["commands"], "tools/pulumi knows no command."),
  {
    files: ["kubernetes/**/*.ts"],
    ignores: ["kubernetes/platform.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...["Literal[value=/vapora(?!:index:)/i]", "TemplateElement[value.raw=/vapora/i]"].map((selector) => ({
          selector,
          message: "kubernetes/ knows no word of VAPORA; a component says it.",
        })),
      ],
    },
  },
];

export default tseslint.config(
  { ignores: ["node_modules/", "out/", "outputs/dist/", ".local/", "coverage/", "tests/fixtures/"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // a component registers itself by being made
      "no-new": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  ...directions,
  {
    files: ["tests/support/*.mjs", "tools/commands/learning/*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", performance: "readonly" } },
  },
  {
    // plain JavaScript that runs before anything is installed, and configuration
    files: ["**/*.js", "**/*.cjs"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        require: "readonly",
        module: "writable",
        process: "readonly",
        console: "readonly",
        Buffer: "readonly",
        __dirname: "readonly",
      },
    },
  },
);
