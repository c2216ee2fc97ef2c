package market

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"cloud.google.com/go/civil"
)

//go:embed letters/*.txt
var letterFiles embed.FS

// letterTexts are the templates by their files' names: join.ja.txt. The first line is the subject.
var letterTexts = template.Must(template.New("letters").Funcs(template.FuncMap{
	"line": oneLine, "quote": quoted, "role": roleName, "day": dayIn, "when": whenIn,
}).ParseFS(letterFiles, "letters/*.txt"))

// letterData is what a letter's text can name.
type letterData struct {
	Name    string         // the reader's
	Company string         // in the reader's language; empty when it is about none
	URL     string         // where the letter leads
	Facts   map[string]any // what the sender of the letter gave; see [Letter]
	Answer  string         // the line above which an answer by mail is written; empty where nobody takes one
}

// renderLetter writes a letter in a language.
func renderLetter(kind LetterKind, language string, d letterData) (subject, text string, err error) {
	var b strings.Builder
	if err := letterTexts.ExecuteTemplate(&b, string(kind)+"."+language+".txt", d); err != nil {
		return "", "", err
	}
	subject, text, _ = strings.Cut(b.String(), "\n")
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return oneLine(subject), strings.TrimSpace(text) + "\n", nil
}

// oneLine takes line breaks out of what somebody typed, so that it cannot pass for more of the letter than it is.
func oneLine(v any) string {
	if v == nil {
		return ""
	}
	return strings.Join(strings.Fields(fmt.Sprint(v)), " ")
}

// dayIn writes a day as people of a language do; what is no day stays as it is.
func dayIn(language string, v any) string {
	d, err := civil.ParseDate(oneLine(v))
	switch {
	case err != nil:
		return oneLine(v)
	case language == "ja":
		return fmt.Sprintf("%d年%d月%d日", d.Year, d.Month, d.Day)
	}
	return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year)
}

var dayWritten = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)

// whenIn writes the days in a time as people of a language do: see [Event.span].
func whenIn(language string, v any) string {
	return dayWritten.ReplaceAllStringFunc(oneLine(v), func(day string) string { return dayIn(language, day) })
}

// sayable is a text without what no database keeps: a NUL, and what is no UTF-8.
func sayable(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "") }

// quoted marks every line that somebody else wrote.
func quoted(v any) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(fmt.Sprint(v), "\r", "")), "\n")
	return "> " + strings.Join(lines, "\n> ")
}

// roleNamesFor are the roles as the letters call them, in English and Japanese.
var roleNamesFor = map[string][2]string{
	string(Administrator): {"an administrator", "管理者"}, string(Manager): {"a manager", "マネージャー"}, string(Approver): {"an approver", "承認者"},
	string(Finance): {"part of finance", "経理担当"}, string(Office): {"part of the alumni office", "アルムナイ事務局"}, string(Staff): {"a member of staff", "従業員"},
}

// roleName is what a letter calls a role: a fixed one by its name here, a company's own by the company's name for it.
func roleName(role, named any, language string) string {
	names, fixed := roleNamesFor[oneLine(role)]
	if own := oneLine(named); own != "" && !fixed && language == "ja" {
		return own
	} else if own != "" && !fixed {
		return "“" + own + "”"
	}
	if language == "ja" {
		return names[1]
	}
	return names[0]
}
