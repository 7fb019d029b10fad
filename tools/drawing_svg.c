/* SPDX-License-Identifier: MIT
 * A drawing as SVG 1.1, alone or in a page that moves and zooms it. */
#include <string.h>

#include "drawing.h"

static const char script[] =
    "<script>\n"
    "const svg = document.querySelector('svg');\n"
    "let [x, y, w, h] = svg.getAttribute('viewBox').split(' ').map(Number);\n"
    "const whole = Math.max(w / innerWidth, h / innerHeight);\n"
    "let scale = Math.min(whole, 1.25);\n"
    "x = w / 2 - innerWidth * scale / 2;\n"
    "const show = () => svg.setAttribute('viewBox',\n"
    "    [x, y, innerWidth * scale, innerHeight * scale].join(' '));\n"
    "addEventListener('resize', show);\n"
    "addEventListener('wheel', e => {\n"
    "    e.preventDefault();\n"
    "    const f = Math.min(Math.max(scale * Math.exp(e.deltaY / 500), 0.05), whole * 2) / scale;\n"
    "    x += e.clientX * scale * (1 - f);\n"
    "    y += e.clientY * scale * (1 - f);\n"
    "    scale *= f;\n"
    "    show();\n"
    "}, {passive: false});\n"
    "svg.addEventListener('pointermove', e => {\n"
    "    if (!e.buttons) return;\n"
    "    x -= e.movementX * scale;\n"
    "    y -= e.movementY * scale;\n"
    "    show();\n"
    "});\n"
    "show();\n"
    "</script>\n";

/* Text for XML; control characters, which XML does not have, become spaces. Bytes that are not
 * ASCII become question marks: a file's names may be anything. */
static void put_text(FILE *file, const char *text) {
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '<') fputs("&lt;", file);
        else if (c == '>') fputs("&gt;", file);
        else if (c == '&') fputs("&amp;", file);
        else if (c == '"') fputs("&quot;", file);
        else if (c == '\n') fputc('\n', file);
        else fputc(c < 0x20 || c == 0x7f ? ' ' : c < 0x80 ? c : '?', file);
    }
}

/* A hue for each operator, from its name (Fowler, Noll, Vo: FNV-1a). */
static unsigned hue_of(const char *text) {
    unsigned hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash % 360;
}

static void put_color(FILE *file, const lwi_box *box) {
    if (box->kind != LWI_BOX_NODE) {
        fputs("#ddd", file);
    } else if (box->share >= 0) {
        /* White to red; a fifth of the time is as red as it gets. */
        const double heat = box->share >= 0.2 ? 1 : box->share / 0.2;
        fprintf(file, "rgb(255,%d,%d)", (int)(255 - 175 * heat), (int)(255 - 195 * heat));
    } else {
        fprintf(file, "hsl(%u,55%%,86%%)", hue_of(box->label));
    }
}

static void put_box(FILE *file, const lwi_box *box) {
    if (box->kind == LWI_BOX_BEND) return;
    fprintf(file, "<g><title>");
    put_text(file, box->title);
    fprintf(file,
            "</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\" "
            "fill=\"",
            box->x - box->width / 2, box->y - box->height / 2, box->width, box->height,
            box->kind == LWI_BOX_NODE ? 4 : 12);
    put_color(file, box);
    fprintf(file, "\"/><text x=\"%.1f\" y=\"%.1f\">", box->x, box->y + (*box->detail ? -2 : 4));
    put_text(file, box->label);
    fprintf(file, "</text>");
    if (*box->detail) {
        fprintf(file, "<text class=\"s\" x=\"%.1f\" y=\"%.1f\">", box->x, box->y + 12);
        put_text(file, box->detail);
        fprintf(file, "</text>");
    }
    fprintf(file, "</g>\n");
}

static void put_edge(FILE *file, const lwi_drawing *d, const lwi_edge *edge) {
    const lwi_box *from = &d->boxes[edge->from], *to = &d->boxes[edge->to];
    const double y0 = from->y + from->height / 2, y1 = to->y - to->height / 2;
    const double middle = (y0 + y1) / 2;
    fprintf(file, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"%s/>\n", from->x, y0,
            from->x, middle, to->x, middle, to->x, y1,
            to->kind == LWI_BOX_BEND ? "" : " marker-end=\"url(#a)\"");
}

void lwi_drawing_write(const lwi_drawing *d, const char *title, bool interactive, FILE *file) {
    if (interactive) {
        fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", file);
        put_text(file, title);
        fputs("</title><style>body{margin:0;overflow:hidden}svg{width:100vw;height:100vh;"
              "display:block;cursor:grab;touch-action:none}</style></head><body>\n",
              file);
    }
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\">\n<title>",
            d->width, d->height, d->width, d->height);
    put_text(file, title);
    fputs("</title>\n<style>rect{stroke:#555}path{fill:none;stroke:#888}text{font:12px "
          "monospace;text-anchor:middle}.s{font-size:9px;fill:#444}</style>\n"
          "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
          "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" "
          "style=\"fill:#888;stroke:none\"/></marker></defs>\n",
          file);
    for (size_t i = 0; i < d->n_edges; i++)
        put_edge(file, d, &d->edges[i]);
    for (size_t i = 0; i < d->n_boxes; i++)
        put_box(file, &d->boxes[i]);
    fputs("</svg>\n", file);
    if (interactive) fprintf(file, "%s</body></html>\n", script);
}
