/**
 * Runs inside the page: draws the charts, and finds what a reader would stumble over. Plain
 * JavaScript, because it is handed to the browser as it stands.
 */
globalThis.pictures = (() => {
  /** Glyph boxes are a little taller than the letters in them. */
  const SLACK = 2;

  async function drawCharts(theme) {
    const { mermaid } = globalThis;
    const blocks = [...document.querySelectorAll('pre > code.language-mermaid')];
    const faults = [];
    mermaid.initialize({ startOnLoad: false, theme: theme === 'dark' ? 'dark' : 'default' });
    for (const [index, block] of blocks.entries()) {
      try {
        const { svg } = await mermaid.render(`chart-${index}`, block.textContent);
        const chart = document.createElement('div');
        chart.className = 'chart';
        chart.innerHTML = svg;
        block.parentElement.replaceWith(chart);
      } catch (error) {
        faults.push(`chart ${index + 1} is not drawn: ${String(error).split('\n')[0]}`);
      }
    }
    return faults;
  }

  function layoutFaults() {
    return [...tooWide(), ...cut(), ...cutInCharts(), ...overlapping(), ...pale()];
  }

  function tooWide() {
    const { innerWidth } = globalThis;
    const { scrollWidth } = document.documentElement;
    const page =
      scrollWidth > innerWidth ? [`the page is ${scrollWidth} wide, not ${innerWidth}`] : [];
    const elements = [...document.body.querySelectorAll('*')].filter(
      (element) =>
        element.getBoundingClientRect().right > innerWidth + 1 && scrollerOf(element) === null,
    );
    return [...page, ...elements.map((element) => `too wide: ${named(element)}`)];
  }

  /** Text that does not fit and cannot be scrolled to. */
  function cut() {
    return [...document.body.querySelectorAll('*')]
      .filter((element) => {
        const { overflowX, overflowY } = getComputedStyle(element);
        const hides = (value) => value === 'hidden' || value === 'clip';
        return (
          (hides(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
          (hides(overflowY) && element.scrollHeight > element.clientHeight + 1)
        );
      })
      .map((element) => `cut: ${named(element)}`);
  }

  /** A chart shows nothing beyond its edge. */
  function cutInCharts() {
    return [...document.querySelectorAll('.chart text')]
      .filter((text) => {
        const [inner, outer] = [text, text.ownerSVGElement].map((one) =>
          one.getBoundingClientRect(),
        );
        return (
          inner.left < outer.left - 1 ||
          inner.right > outer.right + 1 ||
          inner.top < outer.top - 1 ||
          inner.bottom > outer.bottom + 1
        );
      })
      .map((text) => `cut in a chart: "${words(text)}"`);
  }

  function overlapping() {
    const boxes = textBoxes().sort((a, b) => a.top - b.top);
    const faults = [];
    for (const [index, one] of boxes.entries()) {
      for (let next = index + 1; next < boxes.length && boxes[next].top < one.bottom; next += 1) {
        const other = boxes[next];
        if (one.node !== other.node && one.left < other.right && other.left < one.right) {
          faults.push(`overlap: "${words(one.node)}" and "${words(other.node)}"`);
        }
      }
    }
    return faults;
  }

  /** Without what a scroller hides at the moment. */
  function textBoxes() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const boxes = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.textContent.trim() === '' || node.parentElement.closest('style, script')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const { left, right, top, bottom } of range.getClientRects()) {
        const box = {
          node,
          left: left + SLACK,
          right: right - SLACK,
          top: top + SLACK,
          bottom: bottom - SLACK,
        };
        if (box.left < box.right && box.top < box.bottom) boxes.push(box);
      }
    }
    return boxes;
  }

  /** Of a chart, which axe does not look at. AA asks for 4.5 : 1 in letters, and 3 : 1 in lines. */
  function pale() {
    const letters = [...document.querySelectorAll('.chart text')].map((text) => ({
      what: `"${words(text)}"`,
      colour: getComputedStyle(text).fill,
      least: 4.5,
    }));
    const plots = [...document.querySelectorAll('.chart .plot path, .chart .plot rect')].map(
      (shape) => ({
        what: `a ${shape.localName}`,
        colour: getComputedStyle(shape)[shape.localName === 'path' ? 'stroke' : 'fill'],
        least: 3,
      }),
    );
    const page = luminance(getComputedStyle(document.body).backgroundColor);
    return [...letters, ...plots]
      .map((one) => ({ ...one, ratio: contrast(luminance(one.colour), page) }))
      .filter(({ ratio, least }) => ratio < least)
      .map(({ what, ratio }) => `pale in a chart (${ratio.toFixed(1)} : 1): ${what}`);
  }

  function contrast(a, b) {
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }

  function luminance(colour) {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function scrollerOf(element) {
    for (let one = element; one !== null && one !== document.body; one = one.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(one).overflowX)) {
        return one.getBoundingClientRect().right <= innerWidth + 1 ? one : null;
      }
    }
    return null;
  }

  /** Where a phone's reader has to push sideways, and how far: no fault, but worth knowing. */
  function sideways() {
    return [...document.body.querySelectorAll('*')]
      .filter((element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .map((element) => `${named(element)}: ${element.scrollWidth} in ${element.clientWidth}`);
  }

  function unfold() {
    for (const one of document.querySelectorAll('details')) one.open = true;
  }

  function named(element) {
    return `<${element.localName}> "${words(element)}"`;
  }

  function words(node) {
    return node.textContent.trim().replace(/\s+/g, ' ').slice(0, 50);
  }

  return { drawCharts, layoutFaults, sideways, unfold };
})();
