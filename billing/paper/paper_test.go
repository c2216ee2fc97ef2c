package paper_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"homecoming/billing/paper"
	"homecoming/billing/paper/papertest"
)

func sample(rows int) paper.Document {
	t := &paper.Table{Columns: []paper.Column{{Title: "内容", Weight: 5}, {Title: "取引日", Weight: 2}, {Title: "金額", Weight: 2, Number: true}}}
	for i := range rows {
		t.Rows = append(t.Rows, paper.Row{Cells: []string{fmt.Sprintf("月次決算の補助 第%d回", i+1), "2026-11-23", "300,000"}})
	}
	t.Rows = append(t.Rows, paper.Row{Cells: []string{"10％対象 計", "", fmt.Sprint(300_000 * rows)}, Sum: true})
	return paper.Document{Language: "ja", Title: "仕入明細書", Author: "株式会社葵", Created: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC),
		Meta: []paper.Fact{{Label: "番号", Value: "ST-2026-000042"}, {Label: "発行日", Value: "2026年11月28日"}},
		To:   paper.Party{Label: "支払先", Name: "髙﨑 𠮷野 様", Lines: []string{"登録番号 T1234567890123"}}, From: paper.Party{Label: "発行者", Name: "株式会社葵"},
		Figure:   &paper.Figure{Label: "お支払金額", Amount: "¥299,370", Parts: []paper.Fact{{Label: "源泉徴収税", Value: "−¥30,630"}}},
		Sections: []paper.Section{{Heading: "取引の内容", Table: t}, {Heading: "事項", Facts: []paper.Fact{{Label: "備考", Value: "波形 〜 ～ と ﾊﾝｶｸ、葛󠄀城、한국、😀"}}}},
		Closing:  []string{"誤りがある場合は7日以内にお知らせください。"}, Footer: []string{"ST-2026-000042 · 第1版"}}
}

func draw(t *testing.T, docs ...paper.Document) papertest.File {
	t.Helper()
	raw, err := paper.Draw(docs...)
	if err != nil {
		t.Fatal(err)
	}
	f, err := papertest.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheSameDocumentGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, other := draw(t, sample(3)), draw(t, sample(3))
	if !bytes.Equal(one.Raw, other.Raw) {
		t.Error("drawn twice, and not the same")
	}
	if bytes.Equal(one.Raw, draw(t, sample(4)).Raw) {
		t.Error("another document, and the same bytes")
	}
}

func TestWhatStandsOnThePaperIsReadBackInOrderToTheCharacter(t *testing.T) {
	t.Parallel()
	got := strings.Join(draw(t, sample(2)).Lines(), "\n") + "\n"
	want, err := os.ReadFile("testdata/sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("read back:\n%s", got)
	}
}

func TestALongTableGoesOverPagesThatAreCountedAndRepeatItsHead(t *testing.T) {
	t.Parallel()
	f := draw(t, sample(100), sample(1))
	if len(f.Pages) != 5 {
		t.Fatalf("%d pages", len(f.Pages))
	}
	for i, p := range f.Pages {
		page := fmt.Sprintf("%d / 4", i+1)
		if i == 4 {
			page = "1 / 1"
		}
		decoration := strings.Join(p.Decoration, "|")
		if !strings.Contains(decoration, page) || !strings.Contains(decoration, "第1版") {
			t.Errorf("page %d is decorated with %q", i, decoration)
		}
		if goesOn := i > 0 && i < 4; goesOn != strings.Contains(decoration, "取引日") {
			t.Errorf("page %d repeats the table's head: %v", i, !goesOn)
		}
		if p.Loose > 0 {
			t.Errorf("page %d has %d texts that are neither content nor decoration", i, p.Loose)
		}
	}
	for i := range 100 {
		if row := fmt.Sprintf("第%d回", i+1); !strings.Contains(strings.Join(f.Lines(), "\n"), row) {
			t.Errorf("%s is missing", row)
		}
	}
}

func TestTheFileSaysItsTitleLanguageAndStructure(t *testing.T) {
	t.Parallel()
	raw := string(draw(t, sample(1)).Raw)
	for _, want := range []string{"/Lang <FEFF006A0061>", "/Marked true", "/StructTreeRoot", "/S /H1", "/S /Table", "/Scope /Column", "/Scope /Row", "/DisplayDocTitle true", "/Outlines",
		"<dc:language><rdf:Bag><rdf:li>ja</rdf:li>", "仕入明細書 ST-2026-000042</rdf:li>"} {
		if !strings.Contains(raw, want) {
			t.Errorf("%s is not in the file", want)
		}
	}
}

func TestTheLettersCarryTheirLicences(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"BIZUDPGothic", "SIL OPEN FONT LICENSE", "Hanazono Font License"} {
		if !strings.Contains(paper.Licences(), want) {
			t.Errorf("nothing about %s", want)
		}
	}
}
