package demo

import "homecoming/internal/problem"

// A stage is how far a story has come when the demo opens.
type stage int

// The stages, in the order of the main job.
const (
	drafted stage = iota
	canceled
	published
	invited
	bidding   // several bids are in
	doubted   // one of them waits for a second look
	countered // the company has answered one
	agreed    // a contract, not funded yet
	funded
	working
	submitted
	changesAsked
	paid
)

// A story is one task of the demo and what became of it.
type story struct {
	until      stage
	title      string
	brief      string
	department string
	skills     []string // name:level, a nice-to-have with a trailing ?
	fee        int64    // yen
	dueIn      int      // days
	category   string
	only       []string // departments whose alumni see it; none is all alumni
	parts      []string // titles of the milestones; none is one
	paidFrom   string   // the code of a budget
	ratings    [2]int   // by the company and by the alumna, once paid
	words      string   // the company's review
	wired      bool     // the card of the first milestone is saved, the second waits for the rest of a bank transfer
}

// notes are what people of the demo write to one another.
var notes = map[problem.Language]struct{ bid, counter, submit, change, cancel, thanks, look, ask, answer string }{
	problem.Japanese: {
		bid:     "在籍中に同じ業務を担当していました。初回のご報告は3営業日以内にお送りします。",
		counter: "内容は申し分ありません。予算の都合で、こちらの金額でご検討いただけますか。",
		submit:  "成果物をお送りします。確認のポイントを1枚目にまとめました。",
		change:  "全体はとても良いです。2ページ目の表だけ、最新の数字に差し替えてください。",
		cancel:  "社内で対応できることになりました。ご検討いただいた皆さま、ありがとうございました。",
		thanks:  "依頼内容が明確で、確認も迅速でした。",
		look:    "進め方と時間は本人が決め、成果物で検収します。",
		ask:     "資料の受け渡しは**いつ頃**になりますか。前回の様式がそのまま使えるようでしたら、初回のご報告を1日早められます。",
		answer:  "契約後すぐにお渡しできます。\n\n- 様式は前回と同じです\n- 不明点はこちらでお知らせください",
	},
	problem.English: {
		bid:     "I did this work for three years while I was with you. A first version would be with you in three working days.",
		counter: "This is just what we need. Could you do it for this fee? Our budget is fixed this quarter.",
		submit:  "Here it is. The first page sums up what to look at.",
		change:  "Very good overall. Please bring the table on page two up to date.",
		cancel:  "A colleague has taken this on after all. Thank you for considering it.",
		thanks:  "A clear brief and quick answers.",
		look:    "They choose how and when; we look at what is delivered.",
		ask:     "When would the papers reach me? If last year's layout still holds, the first version can be with you **a day earlier**.",
		answer:  "Right after we agree.\n\n- The layout is last year's\n- Write here if anything is unclear",
	},
}

// storiesOf are what happens at each company now, and pastOf what happened there last month.
var storiesOf = map[string][]story{
	"株式会社あおい商事": {
		{until: bidding, title: "3月決算の法人税申告書レビュー", paidFrom: "PO-4471", department: "経理部", category: "profession", fee: 300_000, dueIn: 25,
			brief:  "当社と国内子会社2社の法人税申告書案を、提出前にレビューしてください。\n\n- 別表四・五の整合\n- 税効果の仮計算との突き合わせ\n- 気付いた点のメモ（A4で2枚まで）\n\n資料は安全な共有フォルダでお渡しします。",
			skills: []string{"法人税:3", "簿記:2", "連結決算:2", "英語:2?"}, only: []string{"経理部", "監査室"}},
		{until: invited, title: "中国サプライヤー3社の取引条件の整理", department: "調達部", fee: 180_000, dueIn: 30,
			brief:  "既存3社との取引基本契約と実際の発注条件の差を表にまとめてください。オンラインでの聞き取りを含みます。",
			skills: []string{"調達:2", "中国語:2", "サプライヤー管理:2?"}},
		{until: published, title: "社内報 創業60周年号の取材と執筆", paidFrom: "PO-4480", department: "広報部", category: "manuscript", fee: 150_000, dueIn: 45,
			brief:  "歴代の社員5名への取材（各1時間、オンライン可）と、記事5本（各1,200字）の執筆です。",
			skills: []string{"ライティング:2", "広報:2", "プレスリリース:1?"}},
		{until: countered, title: "英文契約書ひな形の改訂（売買・秘密保持）", department: "法務部", fee: 240_000, dueIn: 28,
			brief:  "2種類のひな形を、民法改正と輸出管理の最近の変更に合わせて改訂してください。変更履歴付きでの納品をお願いします。",
			skills: []string{"契約書レビュー:3", "英語:3", "コンプライアンス:2?"}},
		{until: doubted, title: "本社受付の繁忙期サポート", department: "人事部", fee: 120_000, dueIn: 33,
			brief:  "12月の来客対応を手伝ってください。週3日出社し、10:00〜16:00に受付をお願いします。",
			skills: []string{"労務管理:1", "研修:1?"}},
		{until: drafted, title: "インボイス制度の社内FAQ更新", department: "経理部", category: "manuscript", fee: 80_000, dueIn: 40,
			brief:  "経過措置の変更を踏まえて、社内FAQ（約30問）を更新してください。",
			skills: []string{"消費税:2", "ライティング:1?"}},
		{until: drafted, title: "海外拠点の内部統制チェックリスト", department: "監査室", fee: 200_000, dueIn: 60,
			brief:  "3拠点で使えるチェックリストを日英で作成してください。",
			skills: []string{"内部統制:2", "英語:2"}},
		{until: agreed, title: "給与計算ソフト切り替えの並行検証", paidFrom: "CC-100", department: "人事部", fee: 160_000, dueIn: 35,
			brief:  "新旧2か月分の計算結果を突き合わせ、差の理由を一覧にしてください。",
			skills: []string{"給与計算:2", "Excel:2"}, parts: []string{"1か月目の検証", "2か月目の検証と報告"}},
		{until: funded, title: "新任管理職向け 労務研修（半日×2回）", department: "人事部", category: "lecture", fee: 220_000, dueIn: 32,
			brief:  "労働時間管理とハラスメント防止を中心に、オンライン研修を2回実施してください。教材の作成を含みます。",
			skills: []string{"研修:2", "労務管理:2"}, parts: []string{"第1回", "第2回"}, wired: true},
		{until: working, title: "社内ネットワーク更改の設計レビュー", paidFrom: "CC-100", department: "情報システム部", fee: 280_000, dueIn: 30,
			brief:  "ベンダーの基本設計書を、移行手順とセキュリティの観点でレビューしてください。",
			skills: []string{"ネットワーク:3", "情報セキュリティ:2"}},
		{until: submitted, title: "統合報告書（英語版）の校閲", paidFrom: "PO-4480", department: "広報部", category: "proofreading", fee: 120_000, dueIn: 20,
			brief:  "約60ページの英語原稿を校閲してください。用語集をお渡しします。",
			skills: []string{"英語:3", "翻訳:2", "ライティング:1?"}},
		{until: changesAsked, title: "輸出管理の該非判定 資料整備", department: "調達部", fee: 140_000, dueIn: 22,
			brief:  "20品目の該非判定書を最新の様式に揃えてください。",
			skills: []string{"貿易実務:2", "コンプライアンス:1?"}},
		{until: paid, title: "社内勉強会スライドのデザイン", paidFrom: "PO-4480", department: "広報部", category: "design", fee: 70_000, dueIn: 14,
			brief: "既存スライド40枚を、新しいブランドガイドに合わせて整えてください。", skills: []string{"デザイン:1"},
			ratings: [2]int{5, 4}, words: "見違えるほど読みやすくなりました。"},
		{until: canceled, title: "倉庫レイアウト見直しの現地調査", department: "調達部", fee: 130_000, dueIn: 50,
			brief: "2拠点の現地調査と改善案の作成です。", skills: []string{"調達:1"}},
	},
	"北斗製作所": {
		{until: bidding, title: "搬送治具の3Dモデル修正", department: "設計部", category: "design", fee: 190_000, dueIn: 26,
			brief: "既存治具のモデルを新しいワーク寸法に合わせて修正し、図面を起こしてください。", skills: []string{"CAD:2", "機械設計:2", "図面:1?"}},
		{until: submitted, title: "ISO 9001 内部監査の同行と報告書", department: "品質保証部", fee: 150_000, dueIn: 21,
			brief: "2部門の内部監査に同行し、報告書案を作成してください。", skills: []string{"ISO 9001:2", "品質管理:2"}},
		{until: paid, title: "検査成績書の様式統一", department: "品質保証部", fee: 90_000, dueIn: 14,
			brief: "3ラインで異なる検査成績書の様式を一つにまとめてください。", skills: []string{"品質管理:2"}, ratings: [2]int{5, 5}, words: "現場で使いやすい様式になりました。"},
		{until: published, title: "特許明細書の和英翻訳", department: "知財部", category: "translation", fee: 240_000, dueIn: 34,
			brief: "機械分野の明細書2件の和英翻訳です。", skills: []string{"翻訳:3", "特許:2", "英語:3"}},
	},
	"Minato Partners": {
		{until: bidding, title: "Market sizing for cold-chain logistics in Kansai", department: "Research", fee: 320_000, dueIn: 28,
			brief: "A bottom-up estimate with sources, a short deck and the model behind it.", skills: []string{"Market research:2", "Data analysis:2", "Writing:1?"}},
		{until: working, title: "Interview training for new consultants", department: "Talent", category: "teaching", fee: 180_000, dueIn: 24,
			brief: "Two half-day sessions for eight people.", skills: []string{"Training:2", "Recruiting:1?"}},
	},
}

var pastOf = map[string][]story{
	"株式会社あおい商事": {
		{until: paid, title: "上期 連結パッケージの検算", department: "経理部", paidFrom: "PO-4471", fee: 260_000, dueIn: 18,
			brief: "子会社4社の連結パッケージを検算し、差異の原因を特定してください。", skills: []string{"連結決算:2", "簿記:2"},
			ratings: [2]int{5, 5}, words: "指摘が的確で、決算が2日早く締まりました。"},
		{until: paid, title: "商標調査と出願要否の整理", department: "法務部", category: "profession", paidFrom: "CC-100", fee: 90_000, dueIn: 15,
			brief: "新サービス名の候補6案について、調査結果と意見をまとめてください。", skills: []string{"知的財産:2"},
			ratings: [2]int{4, 5}, words: "短い納期に丁寧に対応してくださいました。"},
		{until: paid, title: "仕入先アンケートの集計と分析", department: "調達部", fee: 110_000, dueIn: 16,
			brief: "120社分の回答を集計し、気付きを3点にまとめてください。", skills: []string{"サプライヤー管理:1", "Excel:1?"},
			ratings: [2]int{4, 4}, words: "数字の裏付けがしっかりしていました。"},
	},
	"北斗製作所": {
		{until: paid, title: "標準原価の改定計算", department: "経理部", fee: 210_000, dueIn: 17,
			brief: "主要20品番の標準原価を見直してください。", skills: []string{"原価計算:2", "SAP:1?"}, ratings: [2]int{5, 5}, words: "現場の事情をよくご存じで助かりました。"},
	},
	"Minato Partners": {
		{until: paid, title: "Clean and document a client survey dataset", department: "Data", fee: 130_000, dueIn: 15,
			brief: "12,000 rows, three waves. One notebook, one data dictionary.", skills: []string{"Python:2", "SQL:1"}, ratings: [2]int{5, 5}, words: "Careful and fast; the dictionary is a pleasure to read."},
	},
}
