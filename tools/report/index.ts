/** What a change does to every stack. Deterministic: the same two sides on the same day give the same bytes. */
export { exitCode, reportOf } from "./report-data";
export type { Compared, Report, ReportContext } from "./report-data";
export { renderMarkdown } from "./markdown";
export { renderHtml } from "./html";
export { renderJson } from "./json";
export { reportChanges, reportStack } from "./stack-report";
export type { LearningShifts } from "./learning-effects";
export type { Proof, Proven, Refusal, RefusalKind } from "./proof";
export type { StackReport, Verdict } from "./stack-report";
