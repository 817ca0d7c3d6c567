// Answers questions about pos/src/shop, one JSON line each: ["price", {...}] -> {"answer": ...}.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// The app's imports name no file ending: the bundler adds it, and so does this.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && context.parentURL) {
      const address = new URL(`${specifier}.ts`, context.parentURL);
      if (existsSync(fileURLToPath(address))) return { url: address.href, shortCircuit: true, format: 'module-typescript' };
    }
    return next(specifier, context);
  },
});

const shop = new URL('../../pos/src/shop/', import.meta.url);
const money = await import(new URL('money.ts', shop).href);
const sale = await import(new URL('sale.ts', shop).href);
const barcode = await import(new URL('barcode.ts', shop).href);
const { PriceList } = await import(new URL('price-list.ts', shop).href);

const questions: Record<string, (value: any) => unknown> = {
  price({ lines, coin }) {
    const amounts = lines.map((line: any) => money.lineAmount(line.unit_price, line.quantity));
    const { vat, byLine } = sale.vatOf(lines.map((line: any, place: number) => ({ ...line, amount: amounts[place] })));
    const total = amounts.reduce((sum: number, amount: number) => sum + amount, 0);
    return { amounts, line_vat: byLine, vat, total, cash: money.roundToCoin(total, coin) };
  },
  code: ({ code, rules }) => ({
    gtin: barcode.isGtin(code),
    normal: barcode.normalCode(code),
    number: barcode.numericValue(code),
    label: barcode.readLabel(code, rules),
  }),
  prices({ file, codes }) {
    const list = new PriceList(file);
    const articles = Array.from({ length: list.count }, (_, index) => list.article(index));
    return { articles, hits: codes.map((code: string) => list.find(code)) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [question, value] = JSON.parse(line);
  let answer;
  try {
    answer = { answer: questions[question]!(value) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
