package ui

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the empty border that readers need around a QR code, in modules (ISO/IEC 18004).
const quiet = 4

// qrPath draws a text as a QR code: the side of the picture in modules, and the dark ones as an SVG path. A text that is
// too long for one gives nothing.
func qrPath(text string) (side int, path string) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return 0, ""
	}
	n := code.Bounds().Dx()
	var b strings.Builder
	for y := range n {
		for x := range n {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return n + 2*quiet, b.String()
}
