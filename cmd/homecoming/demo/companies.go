package demo

// A field is a department together with what its people can do.
type field struct {
	name, english string
	skills        []string
}

// A house is a company of the demo.
type house struct {
	name, english string
	language      string // of its notices
	domain        string // of its former addresses; .example is reserved for such uses
	address       string
	number        string // of its qualified invoices; made up, with a check digit that fits
	centres       []setAside
	alumni        int
	latin         int // of a hundred, how many names are Latin
	feeBP         int64
	fields        []field
}

var houses = []house{
	{name: "株式会社あおい商事", english: "Aoi Trading", language: "ja", domain: "aoi.example", alumni: 140, latin: 15, feeBP: 500,
		address: "東京都千代田区丸の内1-1-1", number: "T8000000000001", centres: []setAside{
			{"CC-100", "管理部門", 1_600_000, "PO-4471", "決算・税務支援（下期）", 600_000}, {"CC-200", "広報・制作", 1_000_000, "PO-4480", "制作物（下期）", 400_000}}, fields: []field{
			{"経理部", "Finance", []string{"簿記", "法人税", "連結決算", "月次決算", "消費税", "Excel", "英語"}},
			{"監査室", "Audit", []string{"内部監査", "内部統制", "簿記", "連結決算", "英語"}},
			{"人事部", "Human Resources", []string{"給与計算", "採用", "研修", "労務管理", "Excel"}},
			{"法務部", "Legal", []string{"契約書レビュー", "知的財産", "コンプライアンス", "英語", "翻訳"}},
			{"調達部", "Procurement", []string{"調達", "サプライヤー管理", "貿易実務", "英語", "中国語"}},
			{"広報部", "Public Relations", []string{"広報", "プレスリリース", "ライティング", "翻訳", "デザイン"}},
			{"情報システム部", "IT", []string{"Go", "PostgreSQL", "AWS", "ネットワーク", "情報セキュリティ", "プロジェクト管理"}},
		}},
	{name: "北斗製作所", english: "Hokuto Manufacturing", language: "ja", domain: "hokuto.example", alumni: 100, latin: 5, feeBP: 500,
		address: "北海道札幌市中央区北1条西1-1", number: "T7000000000002", fields: []field{
			{"設計部", "Design Engineering", []string{"CAD", "機械設計", "SolidWorks", "図面", "英語"}},
			{"品質保証部", "Quality", []string{"品質管理", "ISO 9001", "統計解析", "監査対応"}},
			{"生産技術部", "Production Engineering", []string{"生産技術", "改善活動", "Python", "PLC"}},
			{"経理部", "Finance", []string{"原価計算", "簿記", "月次決算", "SAP"}},
			{"知財部", "Intellectual Property", []string{"特許", "知的財産", "翻訳", "英語"}},
		}},
	{name: "Minato Partners", english: "Minato Partners", language: "en", domain: "minato.example", alumni: 60, latin: 70, feeBP: 800,
		address: "1-1-1 Shibaura, Minato-ku, Tokyo", number: "T6000000000003", fields: []field{
			{"Research", "Research", []string{"Market research", "Data analysis", "Python", "Statistics", "Writing"}},
			{"Strategy", "Strategy", []string{"Business strategy", "Financial modelling", "Project management", "English"}},
			{"Data", "Data", []string{"SQL", "Python", "Machine learning", "Data visualisation", "Go"}},
			{"Talent", "Talent", []string{"Recruiting", "Training", "Coaching", "English"}},
		}},
}
