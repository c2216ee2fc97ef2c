package books

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// An Encoding is how characters become bytes.
type Encoding string

// The encodings.
const (
	UTF8     Encoding = "utf-8"     // with a byte order mark, so that Excel knows
	ShiftJIS Encoding = "shift_jis" // as Windows has it
)

const mark = "\ufeff"

// missing stands for a character that Shift_JIS lacks. Printers have used it for that since there was lead.
const missing = '〓'

// twins are characters that Windows keeps under another code point than everybody else does.
var twins = map[rune]rune{'〜': '～', '−': '－', '—': '―', '‖': '∥', '¢': '￠', '£': '￡', '¬': '￢', '¥': '￥', '‾': '￣', '–': '－'}

// encode gives the bytes of a text, and notes in lost what the encoding has not.
func (e Encoding) encode(s string, lost map[rune]int) []byte {
	if e != ShiftJIS {
		return []byte(s)
	}
	enc := japanese.ShiftJIS.NewEncoder()
	var out bytes.Buffer
	for _, r := range s {
		if twin, ok := twins[r]; ok {
			r = twin
		}
		if r < utf8.RuneSelf {
			out.WriteByte(byte(r))
			continue
		}
		b, err := enc.Bytes([]byte(string(r)))
		if err != nil || len(b) == 0 || len(b) == 1 && b[0] < utf8.RuneSelf {
			lost[r]++
			b, _ = enc.Bytes([]byte(string(missing)))
		}
		out.Write(b)
	}
	return out.Bytes()
}

// decode reads a file of either encoding. What is neither is read as Shift_JIS, with marks where that fails.
func decode(file []byte) (string, error) {
	if text, marked := strings.CutPrefix(string(file), mark); marked || utf8.ValidString(text) {
		return strings.ToValidUTF8(text, "\ufffd"), nil
	}
	out, err := japanese.ShiftJIS.NewDecoder().Bytes(file)
	return string(out), err
}

// letters are the keys of a count, in order, as one text.
func letters(count map[rune]int) string { return string(slices.Sorted(maps.Keys(count))) }
