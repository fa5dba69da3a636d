"""How are a page's elements read, and how does a sweep act in a page without a display?

JavaScript for :mod:`devtools`. ``aboveboardRead(window)`` tells what an accessibility tree tells: visible elements with
role, words, value and extents. ``aboveboardClick`` and its kin do what the browser does when a person clicks, types or
chooses, in a window that has no pointer of its own. They fire the events that a page can listen to, in the browser's
order, at whatever lies at the element's middle.
"""

from typing import Any

from aboveboard.lab.model.elements import ELEMENTS_LIMIT, Scene, element

SCRIPT = (
    f"const ELEMENTS_LIMIT = {ELEMENTS_LIMIT};"
    """
const NOT_OF_THE_TASK = new Set(['reward-display', 'sync-task-cover', 'click-canvas', 'query']);
window.aboveboardRead = view => {
  const rows = [], nodes = [];
  const visit = (node, parent) => {
    if (NOT_OF_THE_TASK.has(node.id) || rows.length >= ELEMENTS_LIMIT) return;
    const box = node.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return;
    const tag = node.tagName.toLowerCase(), input = tag === 'input';
    const ticked = input && (node.type === 'checkbox' || node.type === 'radio');
    const text = [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.data.trim()).join(' ');
    const value = ticked ? (node.checked ? 'on' : 'off') : input || tag === 'textarea' ? node.value : '';
    const classes = typeof node.className === 'string' ? node.className : '';
    const options = tag === 'select' ? [...node.options].map(option => option.text) : [];
    const place = rows.length;
    nodes.push(node);
    rows.push([input ? `input-${node.type}` : tag, tag === 'select' ? '' : text, value, `${classes} ${node.id}`,
      [box.left, box.top, box.width, box.height], parent, options]);
    if (tag !== 'select') for (const child of node.children) visit(child, place);
  };
  visit(view.document.body, -1);
  view.aboveboardNodes = nodes;
  return rows;
};
// Where a hand would press: the uncovered point nearest to the element's middle, and what lies there.
const press = (view, node) => {
  const box = node.getBoundingClientRect(), points = [];
  for (let row = 1; row <= 9; row++) for (let column = 1; column <= 9; column++) points.push([row - 5, column - 5]);
  points.sort((one, other) => Math.hypot(...one) - Math.hypot(...other));
  for (const [down, across] of points) {
    const x = box.left + box.width * (across + 5) / 10, y = box.top + box.height * (down + 5) / 10;
    const hit = view.document.elementFromPoint(x, y);
    if (hit !== null && node.contains(hit)) return [x, y, hit];
  }
  return [box.left + box.width / 2, box.top + box.height / 2, null];
};
window.aboveboardPoint = (view, place) => {
  const [x, y, hit] = press(view, view.aboveboardNodes[place]);
  return [x, y, hit !== null];
};
window.aboveboardClick = (view, place) => {
  const node = view.aboveboardNodes[place];
  node.scrollIntoView({block: 'nearest', inline: 'nearest'});
  const [x, y, uncovered] = press(view, node);
  const hit = uncovered ?? view.document.elementFromPoint(x, y) ?? node;
  const fire = (kind, type) => hit.dispatchEvent(new view[type](kind, {
    bubbles: true, cancelable: true, composed: true, view, clientX: x, clientY: y, button: 0, detail: 1}));
  fire('pointerdown', 'PointerEvent');
  if (fire('mousedown', 'MouseEvent')) {
    let focus = hit;
    while (focus && !(focus.tabIndex >= 0 && !focus.disabled)) focus = focus.parentElement;
    if (focus) focus.focus({preventScroll: true}); else view.document.activeElement?.blur();
  }
  fire('pointerup', 'PointerEvent');
  fire('mouseup', 'MouseEvent');
  if (typeof hit.click === 'function') hit.click(); else fire('click', 'MouseEvent');
};
window.aboveboardType = (view, place, text) => {
  const node = view.aboveboardNodes[place];
  if (view.document.activeElement !== node || node.value === '') window.aboveboardClick(view, place);
  const into = view.document.activeElement;
  if (into === null || !('value' in into)) return;
  for (const key of text) {
    const fire = (kind, code) => into.dispatchEvent(new view.KeyboardEvent(kind, {
      bubbles: true, cancelable: true, key, keyCode: code, which: code}));
    fire('keydown', key.toUpperCase().charCodeAt(0));
    fire('keypress', key.charCodeAt(0));
    into.value += key;
    into.dispatchEvent(new view.InputEvent('input', {bubbles: true, data: key, inputType: 'insertText'}));
    fire('keyup', key.toUpperCase().charCodeAt(0));
  }
};
window.aboveboardChoose = (view, place, text) => {
  const node = view.aboveboardNodes[place];
  const chosen = [...node.options].findIndex(option => option.text === text);
  if (chosen < 0) return;
  node.focus();
  node.selectedIndex = chosen;
  node.dispatchEvent(new view.Event('input', {bubbles: true}));
  node.dispatchEvent(new view.Event('change', {bubbles: true}));
};
true
"""
)


def scene_of(instruction: str, rows: list[list[Any]]) -> Scene:
    """What ``aboveboardRead`` told, as a scene."""
    return Scene(
        instruction,
        tuple(
            element(
                role=row[0],
                text=row[1],
                value=row[2],
                classes=row[3],
                extents=row[4],
                parent=row[5],
                options=row[6],
            )
            for row in rows
        ),
    )
