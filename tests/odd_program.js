// Drawn in odd_program.svg: what the pictures of the scripts do not show.

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function busy(ms) {
  const end = Date.now() + ms;
  while (Date.now() < end);
}

function* ann() {
  console.log("Ann <begins> & yields");
  yield 800; // milliseconds
  console.log("Ann");
  block(100);
}

async function bob() {
  await sleep(333);
  console.log("  Bob  spaces");
  await sleep(10);
  console.log(`Bob 说 ${"👩‍👩‍👧好".repeat(30)}`);
  await sleep(200);
}

async function ming() {
  await sleep(333);
  console.log("小明");
  await sleep(10);
  block(50);
}

export async function main() {
  const generator = ann();
  const { value } = generator.next();
  bob();
  ming();
  setTimeout(() => busy(100), 600);
  setTimeout(() => block(50), 700);
  setTimeout(() => {}, 1300);
  await sleep(value);
  generator.next();
  console.log("main is back");
  busy(200);
}

if (import.meta.main) main();
