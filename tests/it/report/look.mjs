// Opens pages in a real browser and prints what is wrong with them, a line each: text that runs out of its box, a page
// that scrolls sideways, errors, requests, and what axe-core finds. `node look.mjs NPM_FOLDER PAGE...`; nothing = all is well.
// With SHOTS=folder it leaves screenshots and a PDF there, to be looked at.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const [npm, ...pages] = process.argv.slice(2);
const require = createRequire(`${npm}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(`${npm}/node_modules/axe-core/axe.min.js`, "utf8");
const shots = process.env.SHOTS;

const WIDTHS = [400, 1000, 1400];
const SCHEMES = ["light", "dark"];
// An A4 page between its margins.
const PAPER = { width: 695, height: 1024 };
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none", "--hide-scrollbars"];

// The browser of the npm package runs on any Linux x64; where it cannot, the machine's own is taken.
async function executable() {
  const own = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  if (process.platform !== "linux" || process.arch !== "x64") return own;
  const carried = `${npm}/node_modules/@sparticuz/chromium/build/index.js`;
  if (!existsSync(carried)) return own;
  return (await import(pathToFileURL(carried))).default.executablePath();
}

// Runs in the page: every text that is not inside the box that should hold it.
function overflows(isPrint) {
  const found = [];
  const shown = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const doc = document.documentElement;
  if (doc.scrollWidth > doc.clientWidth) found.push(`the page scrolls sideways: ${doc.scrollWidth} > ${doc.clientWidth}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest(".hidden, .skip, svg, title, style")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    if (text.width === 0 || text.height === 0) continue;
    const box = element.closest("td, th, .stack > i, .tile, .chip, summary, .card, .alerts, pre, main, header, footer");
    const inside = box.getBoundingClientRect();
    // What is in a table that scrolls may be beyond the card, but not beyond its cell.
    if (text.right > inside.right + 1 || text.left < inside.left - 1) {
      found.push(`"${shown(node.data)}" runs out of its ${box.className || box.tagName} by ${Math.round(Math.max(text.right - inside.right, inside.left - text.left))}`);
    }
  }
  for (const svg of document.querySelectorAll("svg[role=img]")) {
    const { width, height } = svg.viewBox.baseVal;
    const texts = [...svg.querySelectorAll("text")].map((text) => [text, text.getBBox()]);
    for (const [text, box] of texts) {
      if (box.x < -1 || box.x + box.width > width + 1 || box.y < -2 || box.y + box.height > height + 2) {
        found.push(`"${shown(text.textContent)}" runs out of its picture`);
      }
    }
  }
  if (isPrint) {
    for (const scroll of document.querySelectorAll(".scroll")) {
      const card = scroll.closest(".card") ?? doc;
      if (scroll.checkVisibility() && scroll.scrollWidth > card.clientWidth) found.push(`on paper a table is cut: ${shown(scroll.textContent)}`);
    }
  }
  return found;
}

async function look(browser, file, options, say) {
  const context = await browser.newContext({ viewport: { width: options.width, height: 900 }, colorScheme: options.scheme, bypassCSP: Boolean(options.axe) });
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  page.on("console", (message) => say(`console: ${message.text()}`));
  page.on("pageerror", (error) => say(`error: ${error.message}`));
  page.on("request", (request) => request.url() !== url && say(`asks for ${request.url()}`));
  await page.goto(url);
  if (options.print) await page.emulateMedia({ media: "print" });
  else await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  for (const what of await page.evaluate(overflows, Boolean(options.print))) say(what);
  if (options.axe) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, help, nodes } of violations) say(`axe ${id}: ${help}, as in ${nodes[0].html.slice(0, 120)} (${nodes.length} times)`);
  }
  if (shots) await picture(page, file, options);
  await context.close();
}

async function picture(page, file, options) {
  const name = `${shots}/${basename(file, ".html")}-${options.width}-${options.print ? "print" : options.scheme}`;
  if (options.print) await page.pdf({ path: `${name}.pdf`, preferCSSPageSize: true, printBackground: true });
  else await page.screenshot({ path: `${name}.png`, clip: { x: 0, y: 0, width: options.width, height: 900 } });
}

const browser = await chromium.launch({ executablePath: await executable(), args: ARGS, headless: true });
const looks = WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme, axe: width !== 1000 })));
looks.push({ width: PAPER.width, scheme: "light", print: true });
for (const file of pages) {
  for (const options of looks) {
    const where = `${basename(file)} at ${options.width}, ${options.print ? "print" : options.scheme}`;
    await look(browser, file, options, (what) => console.log(`${where}: ${what}`));
  }
}
await browser.close();
