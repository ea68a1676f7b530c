/**
 * What the tidy checks know about one TypeScript file, read with TypeScript's own parser: its
 * imports, its functions with their lengths, and its code without comments and strings. Pure: takes
 * text, so that the checks can be tried on small bad snippets.
 */
import ts from 'typescript';

export type ImportEdge = { target: string; kind: 'value' | 'type' | 'worker'; line: number };
export type FunctionSpan = { name: string; line: number; lines: number; parameters: number };

export type SourceFile = {
  /** Relative to the root, with forward slashes. */
  path: string;
  text: string;
  lines: number;
  imports: readonly ImportEdge[];
  functions: readonly FunctionSpan[];
  /** The text with comments and string contents blanked, line numbers kept. */
  code: string;
  /** The comments alone, line numbers kept. */
  comments: string;
  /** Every string literal and template part. */
  strings: readonly string[];
};

export type Finding = { path: string; line?: number; message: string };

export function readSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Collected = { imports: [], functions: [], strings: [] };
  collect(tree, tree, found);
  const { code, comments } = separate(text);
  const lines = text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length;
  return { path, text, lines, code, comments, ...found };
}

/** One line for a person: `path:line message`. */
export function formatFinding(finding: Finding): string {
  const place = finding.line === undefined ? finding.path : `${finding.path}:${finding.line}`;
  return `${place} ${finding.message}`;
}

type Collected = { imports: ImportEdge[]; functions: FunctionSpan[]; strings: string[] };

function collect(node: ts.Node, tree: ts.SourceFile, found: Collected): void {
  const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  const edge = importEdge(node, line);
  if (edge !== undefined) found.imports.push(edge);
  if (ts.isStringLiteralLike(node)) found.strings.push(node.text);
  if (isFunction(node)) {
    const end = tree.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    const parameters = isOwnSignature(node) ? node.parameters.length : 0;
    found.functions.push({ name: functionName(node), line, lines: end - line + 1, parameters });
  }
  ts.forEachChild(node, (child) => collect(child, tree, found));
}

function importEdge(node: ts.Node, line: number): ImportEdge | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { target: node.moduleSpecifier.text, kind: isType ? 'type' : 'value', line };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    if (!ts.isStringLiteral(node.moduleSpecifier)) return undefined;
    return { target: node.moduleSpecifier.text, kind: node.isTypeOnly ? 'type' : 'value', line };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const literal = node.argument.literal;
    return ts.isStringLiteral(literal) ? { target: literal.text, kind: 'type', line } : undefined;
  }
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return dynamicEdge(node, line);
  return undefined;
}

/** `import('./x.ts')`, `workerUrl(import.meta.url, './x')` and `new URL('./x.ts', import.meta.url)`. */
function dynamicEdge(
  node: ts.CallExpression | ts.NewExpression,
  line: number,
): ImportEdge | undefined {
  const values = [...(node.arguments ?? [])].flatMap((argument) =>
    ts.isStringLiteral(argument) ? [argument.text] : [],
  );
  const target = values[0];
  if (target === undefined) return undefined;
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return { target, kind: 'value', line };
  const callee = node.expression.getText();
  if (callee === 'workerUrl') return { target, kind: 'worker', line };
  if (callee === 'URL' && target.endsWith('.ts')) return { target, kind: 'worker', line };
  return undefined;
}

type FunctionNode =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.ConstructorDeclaration
  | ts.AccessorDeclaration;

function isFunction(node: ts.Node): node is FunctionNode {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)
  );
}

/** Callbacks take what their caller gives; only what we declare ourselves is ours to shape. */
function isOwnSignature(node: FunctionNode): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node)
  );
}

function functionName(node: FunctionNode): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (node.name !== undefined) return node.name.getText();
  const parent = node.parent;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) {
    return parent.name.getText();
  }
  return 'anonymous';
}

/** Splits a text into its code and its comments, each with the other blanked. */
function separate(text: string): { code: string; comments: string } {
  const code = text.split('');
  const comments = text.replace(/[^\n]/g, ' ').split('');
  const scanner = ts.createScanner(
    ts.ScriptTarget.Latest,
    false,
    ts.LanguageVariant.Standard,
    text,
  );
  const open: ts.SyntaxKind[] = [];
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    token = rescanTemplate(scanner, token, open);
    const [start, end] = [scanner.getTokenStart(), scanner.getTokenEnd()];
    if (isComment(token)) {
      for (let at = start; at < end; at++) comments[at] = text.charAt(at);
    }
    if (isComment(token) || isText(token)) {
      for (let at = start; at < end; at++) if (code[at] !== '\n') code[at] = ' ';
    }
  }
  return { code: code.join(''), comments: comments.join('') };
}

/** A closing brace goes on with a template where one was open: the scanner must be told so. */
function rescanTemplate(scanner: ts.Scanner, token: ts.SyntaxKind, open: ts.SyntaxKind[]) {
  if (token === ts.SyntaxKind.TemplateHead || token === ts.SyntaxKind.OpenBraceToken) {
    open.push(token);
    return token;
  }
  if (token !== ts.SyntaxKind.CloseBraceToken) return token;
  if (open.at(-1) !== ts.SyntaxKind.TemplateHead) {
    open.pop();
    return token;
  }
  const rescanned = scanner.reScanTemplateToken(false);
  if (rescanned === ts.SyntaxKind.TemplateTail) open.pop();
  return rescanned;
}

function isComment(token: ts.SyntaxKind): boolean {
  return (
    token === ts.SyntaxKind.SingleLineCommentTrivia ||
    token === ts.SyntaxKind.MultiLineCommentTrivia
  );
}

function isText(token: ts.SyntaxKind): boolean {
  return (
    token === ts.SyntaxKind.StringLiteral ||
    token === ts.SyntaxKind.NoSubstitutionTemplateLiteral ||
    (token >= ts.SyntaxKind.TemplateHead && token <= ts.SyntaxKind.TemplateTail)
  );
}
