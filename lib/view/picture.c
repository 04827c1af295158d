// Colours are those that Okabe and Ito have chosen so that people with any kind of colour vision
// can tell them apart; patterns do the same for who prints in grey. Both repeat after eight nodes,
// shifted against each other.

#include "lib/view/picture.h"

#include <stdarg.h>

#include "lib/numa/nodeset.h"
#include "lib/view/picture-parts.h"

#define NR_STYLES 8

static const char *const colours[NR_STYLES] = {"#56b4e9", "#e69f00", "#009e73", "#f0e442",
                                               "#0072b2", "#d55e00", "#cc79a7", "#999999"};

// Drawn over the colour, in a tile of 8 by 8.
static const char *const patterns[NR_STYLES] = {
    "",
    "M-2,2 L2,-2 M0,8 L8,0 M6,10 L10,6",
    "M-2,6 L2,10 M0,0 L8,8 M6,-2 L10,2",
    "M4,3 L4,5",
    "M0,4 L8,4",
    "M4,0 L4,8",
    "M0,0 L8,8 M0,8 L8,0",
    "M0,4 L8,4 M4,0 L4,8",
};

static void put_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc(*text, out);
    }
}

void picture_text(FILE *out, double x, double y, const char *class, const char *format, ...) {
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    put_escaped(out, text);
    fputs("</text>\n", out);
}

void picture_memory(FILE *out, struct picture_box box, int node, uint64_t pages) {
    char name[16] = "any";

    if (node != ASSIGN_NO_NODE)
        snprintf(name, sizeof(name), "%d", node);
    fprintf(out,
            "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" class=\"m\" "
            "fill=\"url(#n%s)\" data-node=\"%s\" data-pages=\"%llu\"/>\n",
            box.x, box.y, box.width, box.height, name, name, (unsigned long long)pages);
    if (box.width < 16 || box.height < 12)
        return;
    fprintf(out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%d\" height=\"13\" rx=\"3\" class=\"p\"/>\n",
            box.x + box.width / 2 - (node < 10 ? 6 : 10), box.y + box.height / 2 - 7,
            node < 10 ? 12 : 20);
    picture_text(out, box.x + box.width / 2, box.y + box.height / 2 + 3.5, "c", "%s",
                 node == ASSIGN_NO_NODE ? "?" : name);
}

static void define_node(unsigned node, FILE *out) {
    fprintf(out,
            "<pattern id=\"n%u\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
            "<rect width=\"8\" height=\"8\" fill=\"%s\"/>"
            "<path d=\"%s\" stroke=\"#222\" stroke-width=\"1.2\" fill=\"none\"/></pattern>\n",
            node, colours[node % NR_STYLES],
            patterns[(node + node / NR_STYLES) % NR_STYLES][0]
                ? patterns[(node + node / NR_STYLES) % NR_STYLES]
                : "M0,0");
}

static void head(const struct picture *picture, double height, FILE *out) {
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
            "viewBox=\"0 0 %d %.0f\" role=\"img\">\n<title>",
            PICTURE_WIDTH, height, PICTURE_WIDTH, height);
    put_escaped(out, picture->title);
    fputs("</title>\n<style>\n"
          "svg { background: #fff }\n"
          "text { font: 12px sans-serif; fill: #222 }\n"
          ".h { font-size: 16px; font-weight: bold }\n"
          ".s { font-size: 10px }\n"
          ".c { font-size: 10px; text-anchor: middle; fill: #222 }\n"
          ".e { text-anchor: end }\n"
          ".m { stroke: #222; stroke-width: 0.5 }\n"
          ".p { fill: #fff; fill-opacity: 0.85 }\n"
          ".o { fill: #bbb; stroke: #222; stroke-width: 0.5 }\n"
          ".f { fill: none; stroke: #222; stroke-dasharray: 3 2 }\n"
          "@media (prefers-color-scheme: dark) {\n"
          "svg { background: #181818 }\n"
          "text { fill: #eee }\n"
          ".c { fill: #222 }\n"
          ".o { fill: #777 }\n"
          ".f { stroke: #eee }\n"
          "}\n</style>\n<defs>\n",
          out);
    for (nodeset rest = host_online_nodes(picture->host); rest; rest &= rest - 1)
        define_node(nodeset_first(rest), out);
    fputs("<pattern id=\"nany\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
          "<rect width=\"8\" height=\"8\" fill=\"#fff\"/>"
          "<circle cx=\"4\" cy=\"4\" r=\"1.5\" fill=\"#222\"/></pattern>\n</defs>\n",
          out);
}

void picture_write(const struct picture *picture, FILE *out) {
    double guest = picture_guest_height(picture), nodes = picture_host_height(picture);

    head(picture, 60 + guest + nodes, out);
    fprintf(out, "<rect width=\"%d\" height=\"%.0f\" fill=\"none\"/>\n", PICTURE_WIDTH,
            60 + guest + nodes);
    picture_text(out, 16, 26, "h", "%s", picture->title);
    picture_text(out, 16, 44, "t", "%s", picture->subtitle);
    if (guest > 0)
        picture_guest(picture, 60, out);
    picture_host(picture, 60 + guest, out);
    fputs("</svg>\n", out);
}
