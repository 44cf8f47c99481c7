/** Fails where a type is `any`: written in the generated types, or found by inference in buy.ts. */

import ts from "typescript";

const GENERATED = ["generated/typescript/shop.d.ts", "generated/hey-api/types.gen.ts", "generated/hey-api/sdk.gen.ts"];
const PROGRAM = "buy.ts";

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
const program = ts.createProgram([...GENERATED, PROGRAM], options);
const checker = program.getTypeChecker();
let found = 0;

/** Tell where a type is `any`. */
function report(file, node) {
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
  console.error(`${file.fileName}:${line + 1}: ${node.parent.getText(file).slice(0, 80)}`);
  found += 1;
}

/** Look at a part of a file, and at all parts of it. */
function visit(file, node, isOurs) {
  const isAny = isOurs && ts.isIdentifier(node) && checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any;
  if (node.kind === ts.SyntaxKind.AnyKeyword || isAny) report(file, node);
  ts.forEachChild(node, (child) => visit(file, child, isOurs));
}

for (const name of [...GENERATED, PROGRAM]) {
  const file = program.getSourceFile(name);
  if (!file) throw new Error(`${name} is not there: make typescript`);
  visit(file, file, name === PROGRAM);
}
process.exit(found ? 1 : 0);
