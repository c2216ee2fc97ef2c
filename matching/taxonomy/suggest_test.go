package taxonomy

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// suggestions is a table of whole sentences and the skills a reader would name, in the order of the text.
var suggestions = []struct{ text, want string }{
	// the same thing written many ways
	{"golang", "go"},
	{"Ｇｏ言語でのAPI開発", "go api-development"},
	{"Go 言語の経験者", "go"},
	{"We need a Go developer.", "go"},
	{"GOLANG and PostgreSQL", "go postgresql"},
	{"Next.jsとReactの改修", "nextjs react"},
	{"power-bi dashboards", "power-bi business-intelligence"},
	{"PowerBIでのダッシュボード構築", "power-bi business-intelligence"},
	{"ｴｸｾﾙとﾊﾟﾜﾎﾟ", "excel powerpoint"},
	{"サーバー管理とサーバ構築", "infrastructure"},
	{"データ・サイエンスの支援", "data-science"},
	{"K8s on AWS", "kubernetes aws"},
	// Japanese sentences
	{"3月決算の法人税申告をお願いします。", "corporate-tax-return"},
	{"法人税の申告書を確認", "corporate-tax-return"},
	{"連結決算と税効果の計算", "consolidation deferred-tax"},
	{"月次決算、年末調整、給与計算ができる方", "monthly-closing year-end-adjustment payroll"},
	{"簿記2級をお持ちの方", "bookkeeping"},
	{"英文契約書のレビューと翻訳", "english-contracts translation"},
	{"契約書レビューと秘密保持契約（NDA）", "contract-review nda"},
	{"海外子会社の連結パッケージ作成を英語で", "consolidation-package english"},
	{"移転価格文書化（ローカルファイル）", "transfer-pricing"},
	{"有価証券報告書のXBRL作成", "disclosure xbrl"},
	{"購買と物流の業務改善", "procurement logistics process-improvement"},
	{"金型設計をSOLIDWORKSで", "mold-design solidworks"},
	{"3D CADによる治具設計", "cad jig-design"},
	{"展示会の同時通訳を探しています", "exhibitions simultaneous-interpreting"},
	{"プレスリリースの作成とSNS運用", "press-release social-media"},
	{"新卒採用の面接官", "new-graduate-recruiting interviewing"},
	{"治験総括報告書の和訳", "medical-writing english-japanese-translation"},
	{"スコープ3の算定とTCFD対応", "ghg-accounting tcfd"},
	{"SAP S/4HANAへのデータ移行", "sap legacy-migration"},
	{"不動産証券化の経験", "real-estate-investment"},
	{"与信審査と住宅ローン", "credit-analysis mortgage"},
	{"薬機法にもとづく承認申請", "pharma-regulatory"},
	{"セミナー講師として登壇", "lecturing"},
	{"サービスデザインのワークショップ設計", "design facilitation"},
	{"ロゴのデザインレビュー", "logo-design design"},
	{"取材・執筆と校正・校閲", "interview-writing content-writing proofreading"},
	{"棚卸しの立会い", "stocktaking"},
	{"引き継ぎを手伝ってください", "skills-transfer"},
	{"slackとzoomの運用", "slack zoom"},
	{"研究開発税制とR&D", "rd-tax-credit rd-management"},
	// Japanese words that only look like skills
	{"個人事業主の方へ、10営業日以内に", ""},
	{"社会計画の話", ""},
	{"新製品のリリース", ""},
	{"ドローンの飛行許可", ""},
	{"プレゼントを用意します", ""},
	{"契約期間は3か月、税務署の近く", ""},
	{"GOサインを待つ", ""},
	{"C社とA社の件、案Cで", ""},
	{"令和7年(R7)の予定", ""},
	// English sentences
	{"bookkeeping and consolidation in English", "bookkeeping consolidation english"},
	{"Prepare the corporate tax return for March.", "corporate-tax-return"},
	{"Corporate\ntax and payroll", "corporate-tax payroll"},
	{"Review of NDAs and non-disclosure agreements", "nda"},
	{"Build spreadsheets and two press releases", "excel press-release"},
	{"Python3 scripts, unit tests", "python"},
	{"Procurement, logistics & supplier evaluation", "procurement logistics supplier-management"},
	{"Simultaneous interpreting (Japanese–English)", "simultaneous-interpreting japanese english"},
	{"python, go, react", "python go react"},
	{"Python / R / SQL", "python r-language sql"},
	{"- C++\n- C#\n- C\n- .NET", "cpp csharp c-language dotnet"},
	{"experience with go, python and sql", "go python sql"},
	{"R programming for regression analysis", "r-language multivariate-analysis"},
	{"Word and PowerPoint", "powerpoint"},
	{"Please deliver it in Word.", "word"},
	{"React-based site, Vue.js later", "vue"},
	{"IT audit and IPO preparation", "it-audit ipo"},
	{"HR and PR for an IR event", "human-resources public-relations investor-relations"},
	{"UI/UX design of our website", "ui-design ux-design"},
	// English words that only look like skills
	{"a year ago", ""},
	{"let's go home", ""},
	{"Let's Go Home", ""},
	{"Go to the office and get access to it.", ""},
	{"Go-to-market for a new market", ""},
	{"Swift response is a must; teams react in a word.", ""},
	{"we go, python is waiting", "python"},
	{"see example.net or go.dev, mail x@sap.com", ""},
	{"there is no SQL here", "sql"},
	{"my_go_file and javascripts5x", ""},
	{"You will excel at this. Access is by train.", ""},
	{"The market outlook, in the spring", ""},
	{"rusty, scalable, Javanese", ""},
	{"a Chinese supplier, the Japanese market, German law", ""},
	{"I recall that the lease permits it; mind your ear and the gas.", ""},
	{"Our go to market plan; GO TO MARKET in 2027", ""},
	{"契約の英文チェック", ""},
	{"Quick turnaround, taxes included; we are drafting a letter to John Doe.", ""},
	// and the same words where they do mean it
	{"Fluent Japanese and German required", "japanese german"},
	{"translate Japanese documents into english", "japanese english"},
	{"ear training", ""},
	// words inside words
	{"サイト運営業務と事務所の移転、自営業の方も歓迎", ""},
	{"クラウドソーシングの活用、マクロ経済の動向", ""},
	{"予算は30万円、品質の高いもの、写真を添付", ""},
	// nothing at all
	{"", ""},
	{"　・-ー\n\n", ""},
}

func TestSuggestFindsWhatAReaderWouldName(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for _, c := range suggestions {
		var got []string
		found := x.Suggest(c.text, 0)
		slices.SortStableFunc(found, func(a, b Match) int { return cmp.Compare(a.From, b.From) })
		for _, m := range found {
			got = append(got, m.ID)
		}
		if joined := strings.Join(got, " "); joined != c.want {
			t.Errorf("%q: got %q, want %q", c.text, joined, c.want)
		}
	}
}

func TestSuggestPointsIntoTheOriginal(t *testing.T) {
	t.Parallel()
	const text = "来週、Ｇｏ言語と ｻｰﾊﾞｰ管理 と Corporate-Tax、spreadsheets。"
	want := []string{"Ｇｏ言語", "ｻｰﾊﾞｰ管理", "Corporate-Tax", "spreadsheets"}
	var got []string
	for _, m := range NewIndex(Starter()).Suggest(text, 0) {
		got = append(got, m.Text)
		if text[m.From:m.To] != m.Text {
			t.Errorf("%s: text[%d:%d] is %q", m.Text, m.From, m.To, text[m.From:m.To])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSuggestGivesEachSkillOnceUpToTheLimit(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	const text = "経理、簿記、会計、法人税、翻訳"
	if got := x.Suggest(text, 0); len(got) != 4 {
		t.Errorf("without a limit: %v", got)
	}
	if got := x.Suggest(text, 2); len(got) != 2 || got[0].ID != "accounting" || got[1].ID != "bookkeeping" {
		t.Errorf("limit 2: %v", got)
	}
}

func TestSuggestTakesTheLongestOfTwoThatOverlap(t *testing.T) {
	t.Parallel()
	x := NewIndex([]Skill{
		{ID: "a", NameEN: "alpha", NameJA: "甲乙丙"},
		{ID: "b", NameEN: "beta", NameJA: "丙丁戊己"},
	})
	got := x.Suggest("甲乙丙丁戊己", 0)
	if len(got) != 1 || got[0].ID != "b" {
		t.Errorf("got %v", got)
	}
}

func TestAWordOfTwoSkillsOffersBoth(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	got := x.Suggest("PM wanted, with bookkeeping", 0)
	if len(got) != 3 || got[0].ID != "bookkeeping" || !got[1].Ambiguous || !got[2].Ambiguous || got[1].Text != "PM" || got[2].Text != "PM" {
		t.Errorf("got %+v", got)
	}
	got = x.Suggest("PM (project management) wanted", 0)
	if len(got) != 1 || got[0].ID != "project-management" || got[0].Ambiguous || got[0].Mentions != 2 {
		t.Errorf("the text says which: %+v", got)
	}
}
