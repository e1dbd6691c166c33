"use strict";
exports.id = 532;
exports.ids = [532];
exports.modules = {

/***/ 34532:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   parseServiceText: () => (/* binding */ parseServiceText)
/* harmony export */ });
/* harmony import */ var yaml__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7207);
/* harmony import */ var _core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(54609);
/* harmony import */ var _core_problem_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(95357);
/* harmony import */ var _json_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(24903);
/**
 * YAML or JSON → the JSON it stands for, as gcloud reads it: YAML 1.1, in which `0400` is 256 and `yes`
 * is true. Numbers keep their text. What is refused is named by its line, never quoted.
 */




/** A hundred times what a service has: so many only come of aliases of aliases. */
const MOST_NODES = 20_000;
const MOST_LEVELS = 50;
/** Fields of objects in JavaScript, and of no service. */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const ONE = 'A service file holds one service. Write one file for each.';
const PLAIN = 'Write it in quotes if it is a text, and as a plain decimal number if it is one.';
function parseServiceText(text) {
    const json = jsonIn(text);
    if (json !== null)
        return json;
    const lines = new yaml__WEBPACK_IMPORTED_MODULE_0__/* .LineCounter */ .HN();
    try {
        const options = { version: '1.1', uniqueKeys: false, prettyErrors: false };
        const parsed = (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .parseAllDocuments */ .hR)(text, { ...options, logLevel: 'silent', lineCounter: lines });
        const documents = Array.from(parsed);
        const [error] = documents.flatMap(({ errors }) => errors);
        if (error !== undefined)
            throw new Fault('is not YAML', error.pos[0]);
        // gcloud puts up with separators that nothing stands behind.
        const [document, ...others] = documents.filter(({ contents }) => !isNothing(contents));
        if (document === undefined)
            return (0,_core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__/* .refused */ .J)(null, 'names an empty file', ONE);
        if (others.length > 0)
            return (0,_core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__/* .refused */ .J)(null, 'names a file of several documents', ONE);
        return (0,_core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__/* .taken */ .u)(new Reader(document).value(document.contents, 0));
    }
    catch (error) {
        if (error instanceof Fault)
            return error.parsed(lines);
        // Such as brackets that are nested too deep to be followed.
        return (0,_core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__/* .refused */ .J)(null, 'names a file that is not YAML', 'Try `yamllint`, or write it anew.');
    }
}
/** null: it is not JSON, but may be YAML. */
function jsonIn(text) {
    try {
        JSON.parse(text);
    }
    catch {
        return null;
    }
    try {
        return (0,_core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__/* .taken */ .u)((0,_json_js__WEBPACK_IMPORTED_MODULE_2__/* .parseJson */ .qF)(text));
    }
    catch (error) {
        if (!(error instanceof _core_problem_js__WEBPACK_IMPORTED_MODULE_1__/* .Problem */ .AF))
            throw error;
        const wrong = error.summary.replace(/^The text /, 'names a file that ').replace(/\.$/, '');
        return (0,_core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__/* .refused */ .J)(null, wrong, 'Mend the file.');
    }
}
class Fault extends Error {
    #wrong;
    #offset;
    #advice;
    constructor(wrong, offset, advice = 'Mend that line.') {
        super(wrong);
        this.#wrong = wrong;
        this.#offset = offset;
        this.#advice = advice;
    }
    parsed(lines) {
        const { line } = lines.linePos(this.#offset);
        return (0,_core_inputs_parsed_js__WEBPACK_IMPORTED_MODULE_3__/* .refused */ .J)(null, `names a file that ${this.#wrong}, at line ${line}`, this.#advice);
    }
}
function isNothing(node) {
    return node === null || ((0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isScalar */ .jn)(node) && node.value === null);
}
class Reader {
    #document;
    /** To find one takes a walk through the document. */
    #aliases = new Map();
    #count = 0;
    constructor(document) {
        this.#document = document;
    }
    value(node, level) {
        if (node === null)
            return null;
        const at = node.range?.[0] ?? 0;
        this.#count += 1;
        if (this.#count > MOST_NODES)
            throw new Fault('is too large once its aliases are written out', at);
        if (level > MOST_LEVELS)
            throw new Fault(`is nested deeper than ${MOST_LEVELS} levels`, at);
        if ((0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isAlias */ .Vj)(node))
            return this.#aliased(node, at, level);
        if (node.tag !== undefined) {
            throw new Fault('has a tag', at, 'Leave out the word with the exclamation mark.');
        }
        if ((0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isScalar */ .jn)(node))
            return scalar(node, at);
        if ((0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isSeq */ .oP)(node))
            return node.items.map((item) => this.value(item, level + 1));
        if ((0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isMap */ .jh)(node))
            return this.#map(node.items, level);
        throw new Fault('is not YAML', at);
    }
    /** An alias inside of what it stands for comes to an end by its levels. */
    #aliased(alias, at, level) {
        const known = this.#aliases.get(alias);
        const node = known ?? alias.resolve(this.#document);
        if (node === undefined)
            throw new Fault('has an alias without its anchor', at);
        this.#aliases.set(alias, node);
        return this.value(node, level + 1);
    }
    #map(items, level) {
        const found = new Map();
        for (const { key, value } of items) {
            const name = keyIn(key);
            if (found.has(name))
                throw new Fault('has a key twice', key?.range?.[0] ?? 0);
            found.set(name, this.value(value, level + 1));
        }
        return Object.fromEntries(found);
    }
}
function keyIn(key) {
    const at = key?.range?.[0] ?? 0;
    if ((0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isScalar */ .jn)(key) && key.type === 'PLAIN' && key.source === '<<') {
        throw new Fault('merges another part of it with `<<`', at, 'Write the keys out.');
    }
    const isText = (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isScalar */ .jn)(key) && typeof key.value === 'string' && key.tag === undefined;
    if (!isText)
        throw new Fault('has a key that is not a text', at, 'Write it in quotes.');
    const name = String(key.value);
    if (FORBIDDEN.includes(name))
        throw new Fault('has a key that no service has', at);
    return name;
}
function scalar({ value, source = '' }, at) {
    if (value === null || typeof value === 'string' || typeof value === 'boolean')
        return value;
    if (typeof value !== 'number')
        throw new Fault('has a date or the like', at, PLAIN);
    if (JSON_NUMBER.test(source))
        return String(value) === source ? value : JSON.rawJSON(source);
    // Permissions of files are written so.
    if (/^0[0-7]+$/.test(source))
        return value;
    throw new Fault('has a number that can be read in several ways', at, PLAIN);
}


/***/ })

};
;