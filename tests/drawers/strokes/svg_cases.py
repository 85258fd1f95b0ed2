"""Small SVG files that are drawn as resvg draws them, by what they show."""

GROUND = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def framed(inside, more='viewBox="0 0 120 80"'):
    return f"<svg {GROUND} {more}>{inside}</svg>"


SHAPE = '<path d="M10 10H60V50L20 70Z"/>'
ROUND = 'stroke-linecap="round" stroke-linejoin="round" fill="none" stroke="#204060" stroke-width="4"'

DRAWN = {
    "every path command": framed(
        f'<path {ROUND} d="M10 20L30 20H50V40C50 50 60 60 70 60S90 70 90 50Q95 30 80 20T100 12A9 6 30 1 0 110 30z"/>'
    ),
    "relative commands": framed(
        f'<path {ROUND} d="m10,20 20,0h20v20c0,10 10,20 20,20s20,10 20-10q5-20-10-30t20-8a9 6 30 1010 18z"/>'
    ),
    "flags without blanks": framed(f'<path {ROUND} d="M20 20a25 15 0 01.5.5 9 9 0 1140 20.5"/>'),
    "an arc too large for its radii": framed(f'<path {ROUND} d="M20 60A5 3 20 0 1 100 30"/>'),
    "numbers as people write them": framed(f'<path {ROUND} d="M010 20.L+3e1.5E2-1e-1-.5\n\t,30,40"/>'),
    "circle and ellipse": framed(
        '<circle cx="30" cy="40" r="20"/><ellipse cx="80" cy="40" rx="30" ry="10" fill="red"/>'
    ),
    "rects": framed(
        '<rect x="5" y="5" width="40" height="30"/><rect x="55" y="5" width="50" height="30" rx="8" fill="teal"/>'
        '<rect x="5" y="45" width="40" height="30" rx="99" ry="5"/><rect x="55" y="45" width="50" height="0"/>'
    ),
    "line, polyline and polygon": framed(
        f'<g {ROUND}><line x1="5" y1="5" x2="50" y2="70"/><polyline points="60 10,80,40 -10,-20 0 0"/></g>'
        '<polygon points="70,40 110,40 90,75"/>'
    ),
    "holes by the even-odd rule": framed(
        '<path fill-rule="evenodd" d="M60 5L90 75L15 30H105L30 75Z"/><g style="fill-rule:evenodd" fill="red">'
        '<path d="M5 5H35V35H5zM12 12H28V28H12z"/></g>'
    ),
    "holes by the non-zero rule": framed('<path d="M5 5H75V75H5zM15 15V65H65V15z"/>'),
    "open and straight areas": framed(
        '<path d="M10 10H60V50"/><path d="M5 70H110" /><path d="M70 10L110 50M80 60h9v9"/>'
    ),
    "unused definitions": framed(
        '<defs><linearGradient id="a"/><filter id="f"/><path id="p" d="M0 0H90V90z"/></defs>'
        f'<clipPath id="c"><circle r="4"/></clipPath><mask id="m"/>{SHAPE}'
    ),
    "use": framed(
        '<defs><g id="a" fill="navy"><rect width="20" height="20"/><circle id="b" r="8" cx="40" cy="10"/></g></defs>'
        '<use href="#a" x="10" y="10"/><use xlink:href="#a" transform="translate(10 40) scale(.7)"/>'
        '<use href="#b" x="40" y="40" fill="red"/><use href="#none"/>'
    ),
    "symbols": framed(
        '<symbol id="s" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5"/></symbol>'
        '<use href="#s" width="40" height="40" x="5" y="5" fill="green"/><use href="#s" width="30" height="20" x="60"/>'
    ),
    "nested svg": framed(
        '<svg x="10" y="10" width="50%" height="50" viewBox="0 0 10 10" preserveAspectRatio="xMaxYMin meet">'
        '<rect width="10" height="10" fill="purple"/><svg x="2" y="2" width="4" height="4"><circle r="2" cx="50%" '
        'cy="50%" fill="white"/></svg></svg><svg x="90" width="9" height="9"><path d="M20 20h50v50z"/></svg>'
    ),
    "a stretched viewport": framed(SHAPE, 'viewBox="0 0 60 80" width="120" height="80" preserveAspectRatio="none"'),
    "percent and units": framed(
        '<rect x="10%" y="10%" width="5mm" height="50%"/><circle cx="2cm" cy="50%" r="10%"/><line x1="30pt" x2="1in" '
        f'y2=".5in" {ROUND}/>'
    ),
    "no view box": framed(SHAPE, 'width="120" height="80"'),
    "a page in percent": framed(SHAPE, 'width="100%" height="100%" viewBox="0 0 120 80"'),
    "transforms": framed(
        '<g transform="translate(10,5) scale(.5)"><path d="M0 0H60V50L20 70Z" '
        'transform="rotate(10 30 30)skewX(9)"/></g>'
        '<path d="M0 0H30V30" transform="matrix(1 .2-.3 1 80 30)" fill="red"/>'
    ),
    "transforms in a style": framed('<path style="transform:matrix(.8,.2,-.2,.8,30,5)" d="M0 0H60V50L20 60Z"/>'),
    "a transform of the whole": framed(SHAPE, 'viewBox="0 0 120 80" transform="translate(20 5) scale(.8)"'),
    "classes": framed(
        "<style>.a{fill:red}.b,.c{fill:#00f} path.b{fill:lime}#d{fill:orange}g > .e{stroke:black;stroke-width:3;"
        "stroke-linejoin:round}"
        "svg .f{fill:teal}.g:hover{fill:red}@media print{path{fill:red}}</style>"
        '<path class="a" d="M5 5h20v20z"/><path class="x b" d="M30 5h20v20z"/>'
        '<circle class="c" cx="70" cy="15" r="10"/>'
        '<path class="a" id="d" d="M85 5h20v20z"/><g><path class="e f" d="M5 40h20v20z"/></g><path class="e g" '
        'd="M30 40h20v20z"/>'
    ),
    "comments and importance": framed(
        '<style type="text/css"><![CDATA[/* a { } */ path{fill:red !important} .a/**/{fill:/* no */ green;;bad;x:}]]>'
        '</style><path class="a" style="fill:blue" d="M5 5h40v40z"/><rect class="a" x="60" width="20" height="20" '
        'fill="red"/><rect y="50" width="20" height="20" fill="red" style="/* hi */ fill : navy ; /**/"/>'
    ),
    "colours": framed(
        '<g color="#c03"><path d="M5 5h20v20z" fill="currentColor"/><path d="M30 5h20v20z" fill="#00ff0080"/>'
        '<path d="M55 5h20v20z" fill="rgba(0,0,255,.5)"/><path d="M80 5h20v20z" fill="hsl(30,80%,40%)"/>'
        '<path d="M5 40h20v20z" fill="RGB(10%, 50%, 90%)"/><path d="M30 40h20v20z" fill="#0f08"/><path color="teal" '
        'd="M55 40h20v20z" fill="currentColor"/><path d="M80 40h20v20z" fill="transparent"/></g>'
    ),
    "opacity of groups": framed(
        '<g opacity=".5"><path d="M5 5h30v30z"/></g><g style="opacity:50%"><path d="M45 5h30v30z" fill="red" '
        'fill-opacity=".5"/><path d="M45 40h30v30z"/></g><path d="M80 40h30v30z" opacity="0"/>'
    ),
    "opacity of strokes that cross": framed(
        f'<g opacity=".4" {ROUND}><path d="M5 5L70 70"/><path d="M70 5L5 70"/></g><g {ROUND} opacity=".5"><path '
        'd="M80 20h30"/></g>'
    ),
    "opacity of fill and stroke": framed(
        '<path d="M10 10H60V60z" fill="red" fill-opacity=".5" stroke="#000" stroke-opacity=".5" stroke-width="6" '
        'stroke-linejoin="round"/>'
    ),
    "hidden": framed(
        '<g visibility="hidden"><path d="M5 5h30v30z"/><path d="M45 5h30v30z" visibility="visible"/></g>'
        '<g display="none"><path d="M5 40h30v30z"/></g><path style="display:none" d="M85 5h30v30z"/>'
    ),
    "stroke below fill": framed(
        '<path paint-order="stroke" d="M20 20H90V60H20Z" fill="#fc0" stroke="navy" stroke-width="12" '
        'stroke-linejoin="round"/>'
    ),
    "a clip path that cuts nothing off": framed(
        '<clipPath id="c"><rect width="120" height="80" fill="#fff"/></clipPath><mask id="m"><path fill="white" '
        f'd="M0 0H120V80H0Z"/></mask><g clip-path="url(#c)"><g mask="url(#m)">{SHAPE}</g></g>'
    ),
    "what is passed over": framed(
        '<title>t</title><desc>d</desc><metadata><x xmlns="http://x.org"><y/></x></metadata><script>1</script>'
        f'<sodipodi:namedview xmlns:sodipodi="http://s.net"/><text/><image/>{SHAPE}<!-- note --><switch>'
        '<foreignObject requiredExtensions="x"/><g><circle cx="90" cy="40" r="10"/></g></switch>'
    ),
    "a document type with entities": '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE svg [<!ENTITY c "#c03">]>'
    + framed('<path d="M5 5h60v60z" fill="&c;"/>'),
}
