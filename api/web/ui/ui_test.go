package ui_test

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
)

func render(t *testing.T, c templ.Component, lang problem.Language) string {
	t.Helper()
	var b bytes.Buffer
	ctx := ui.With(context.Background(), ui.Frame{Language: lang, Person: "佐藤 真理", Now: time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC),
		Nav: []ui.Link{{Href: "/tasks", Label: "Tasks", Icon: "tasks", Current: true}}})
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wants(t *testing.T, html string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(html, text) {
			t.Errorf("no %q in %s", text, html)
		}
	}
}

func TestAFaultIsToldAtItsFieldAndAtTheTop(t *testing.T) {
	t.Parallel()
	fault := ui.FaultOf(problem.Define(problem.Invalid, "ui_test_bad", "Bad.", "だめ。").On("skills[2].level"), problem.Japanese)
	wants(t, render(t, ui.Faults(fault), problem.Japanese), `role="alert"`, `href="#f-skills[2].level"`, "スキル – だめ。")
	field := render(t, ui.Field(ui.Input{Name: "skills[2].level", Label: "Level", Hint: "1 to 3", Value: `"><b>`, Fault: fault}), problem.Japanese)
	wants(t, field, `aria-invalid="true"`, `aria-describedby="f-skills[2].level-fault f-skills[2].level-hint"`, `value="&#34;&gt;&lt;b&gt;"`, `id="f-skills[2].level-fault">だめ。`)
	if fault.On("skills") == "" || fault.On("skill") != "" || fault.On("skills[2]") == "" || fault.On("title") != "" {
		t.Error("the fault is at the wrong field")
	}
}

func TestABarsPartsAddUpToItsScore(t *testing.T) {
	t.Parallel()
	html := render(t, ui.Bar(ui.Score{Points: "82.11", Round: "82", Skills: 5200, Department: 500, Tenure: 1636, Record: 875}), problem.English)
	wants(t, html, `width="5200"`, `x="5200"`, `x="5700"`, `x="7336"`, `width="875"`, "82.11 points: skills 52.00, department 5.00, time with us 16.36, reviews 8.75")
}

func TestAChartHasItsTable(t *testing.T) {
	t.Parallel()
	html := render(t, ui.Chart("money", "Money", "Where it is.", []ui.Column{{Label: "Held", Written: "¥200", Amount: 200}, {Label: "Due", Written: "¥1", Amount: 1}, {Label: "None", Written: "¥0"}}), problem.English)
	wants(t, html, `<title id="money-title">Money</title>`, `<desc id="money-desc">Where it is.</desc>`, `width="640" height="10" rx="5"`, `width="0"`, `<td class="n">¥200</td>`)
}

func TestTheStorybookIsCleanInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, lang := range []problem.Language{problem.English, problem.Japanese} {
		html := render(t, ui.Storybook(), lang)
		wants(t, html, `<html lang="`+string(lang)+`">`, `aria-current="page"`, `<main id="main"`)
		if at := regexp.MustCompile(`\s(style|on[a-z]+)="`).FindString(html); at != "" {
			t.Errorf("the storybook has an inline %s", at)
		}
	}
}

func TestTextsOfPeopleAreMarkedWithTheirLanguage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"高橋 由美": "ja", "Daniel Okafor": "en", "T-17": "en", "カタカナ": "ja"} {
		if got := ui.LangOf(text); got != want {
			t.Errorf("%s is %s", text, got)
		}
	}
}
