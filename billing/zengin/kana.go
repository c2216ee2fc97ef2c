package zengin

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"homecoming/internal/problem"
)

// ErrLetter is a letter that no bank file can carry.
var ErrLetter = problem.Define(problem.Invalid, "zengin_letter",
	"“{letter}” cannot stand in a bank file. Write the name as the bank has it: katakana, Latin capitals and digits.",
	"「{letter}」は振込データに使えません。銀行に登録された名義を、カタカナ・英大文字・数字で入力してください。")

// katakana are the full-width letters that have a half-width one, in the order of the code table from 0xA1.
const katakana = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"

// halfwidth is the first half-width letter, 。 at U+FF61; its byte is 0xA1.
const halfwidth, firstByte = '｡', 0xA1

// inFile says how a letter is written in a bank file, beside digits and capitals, which are themselves.
var inFile = func() map[rune]rune {
	m := map[rune]rune{' ': ' ', '(': '(', ')': ')', '-': '-', '.': '.', '/': '/', ',': ',', '¥': '¥', '\\': '¥', '\u3099': 'ﾞ', '\u309A': 'ﾟ'}
	for i, r := range []rune(katakana) {
		m[r] = halfwidth + rune(i)
	}
	small, large := []rune("ァィゥェォャュョッヮヵヶ"), []rune("アイウエオヤユヨツワカケ")
	for i, r := range small { // small letters do not exist there
		m[r] = m[large[i]]
	}
	for from, to := range map[rune]rune{'ヲ': 'ｵ', '・': '.', '。': '.', '、': ',', 'ー': '-', '‐': '-', '‑': '-', '–': '-', '—': '-', '―': '-', '−': '-'} {
		m[from] = to // what banks ask to write instead
	}
	return m
}()

// forms are legal forms with their sign in a bank file: 株式会社X is ｶ)X, X株式会社 is X(ｶ.
var forms = []struct{ words, sign string }{
	{"株式会社 (株) カブシキガイシャ カブシキカイシャ", "カ"},
	{"有限会社 (有) ユウゲンガイシャ ユウゲンカイシャ", "ユ"},
	{"合同会社 (同) ゴウドウガイシャ ゴウドウカイシャ", "ド"},
	{"合名会社 (名) ゴウメイガイシャ ゴウメイカイシャ", "メ"},
	{"合資会社 (資) ゴウシガイシャ ゴウシカイシャ", "シ"},
	{"一般社団法人 公益社団法人 社団法人", "シヤ"},
	{"一般財団法人 公益財団法人 財団法人", "ザイ"},
	{"社会福祉法人", "フク"},
	{"社会保険労務士法人", "ロウム"},
	{"特定非営利活動法人", "トクヒ"},
	{"医療法人", "イ"},
	{"学校法人", "ガク"},
	{"宗教法人", "シユウ"},
	{"弁護士法人", "ベン"},
	{"行政書士法人", "ギヨ"},
	{"司法書士法人", "シホウ"},
	{"税理士法人", "ゼイ"},
	{"独立行政法人", "ドク"},
}

// Kana writes a name in the letters of a bank file: half-width katakana with the voiced marks as letters of their own,
// Latin capitals, digits and a few signs; legal forms become their signs. Writing the result again changes nothing. It
// returns ErrLetter for what cannot be written, kanji above all.
func Kana(name string) (string, error) {
	name = strings.NewReplacer("゛", "\u3099", "゜", "\u309A").Replace(name)
	name = strings.ToUpper(strings.Map(hiraganaToKatakana, norm.NFKC.String(name)))
	name = withForms(strings.Join(strings.Fields(name), " "))
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch w, known := inFile[r]; {
		case known:
			b.WriteRune(w)
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		default:
			return "", ErrLetter.With("letter", string(r))
		}
	}
	return b.String(), nil
}

func hiraganaToKatakana(r rune) rune {
	if r >= 'ぁ' && r <= 'ゖ' {
		return r + ('ァ' - 'ぁ')
	}
	if unicode.IsSpace(r) {
		return ' '
	}
	return r
}

// withForms puts the sign of a legal form where the form stands: in front, behind or in between.
func withForms(name string) string {
	for _, f := range forms {
		for _, word := range strings.Fields(f.words) {
			before, after, found := strings.Cut(name, word)
			before, after = strings.TrimSpace(before), strings.TrimSpace(after)
			switch {
			case !found:
				continue
			case before == "":
				return f.sign + ")" + after
			case after == "":
				return before + "(" + f.sign
			}
			return before + "(" + f.sign + ")" + after
		}
	}
	return name
}

// bytesOf is text as it stands in a file; text comes from Kana.
func bytesOf(text string) ([]byte, error) {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		switch {
		case r == '¥':
			out = append(out, '\\')
		case r >= ' ' && r < 0x7F && r != '\\':
			out = append(out, byte(r))
		case r >= halfwidth && r <= 'ﾟ':
			out = append(out, byte(r-halfwidth+firstByte))
		default:
			return nil, ErrLetter.With("letter", string(r))
		}
	}
	return out, nil
}

// textOf reads bytes of a file. A byte that is none of its letters is read as U+FFFD.
func textOf(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		switch {
		case c == '\\':
			b.WriteRune('¥')
		case c >= ' ' && c < 0x7F:
			b.WriteByte(c)
		case c >= firstByte && c <= 0xDF:
			b.WriteRune(rune(c) - firstByte + halfwidth)
		default:
			b.WriteRune(unicode.ReplacementChar)
		}
	}
	return b.String()
}
