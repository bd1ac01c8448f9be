//! `regua init`: exports as SAP, Protheus, Omie and others write them, the pipeline that comes of each, and whether the
//! commands that follow accept it. And exports of which nothing can come.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use serde_json::Value;

use crate::support::{Ended, House, write_parquet};

const FILE: &str = "pipelines/mine.toml";

/// Writes a table below `exports/`: a line of names, each with the letter of its type, then a line a row; `-` is null and
/// `_` a space.
fn export(house: &House, file: &str, text: &str) {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let head: Vec<(&str, &str)> =
        lines.next().expect("names").split_whitespace().map(|name| name.rsplit_once(':').expect("a type")).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let column = |(at, (name, kind)): (usize, &(&str, &str))| -> (String, ArrayRef) {
        let cell = |row: &Vec<&str>| Some(row[at]).filter(|cell| *cell != "-").map(|cell| cell.replace('_', " "));
        let texts: ArrayRef = Arc::new(StringArray::from(rows.iter().map(cell).collect::<Vec<_>>()));
        let kind = match *kind {
            "s" => DataType::Utf8,
            "i" => DataType::Int64,
            "f" => DataType::Float64,
            "m" => DataType::Decimal128(13, 2),
            "d" => DataType::Date32,
            "b" => DataType::Boolean,
            "t" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            other => panic!("no type {other}"),
        };
        (name.replace('_', " ").replace("..", "_"), cast(&texts, &kind).expect("it fits"))
    };
    let columns = head.iter().enumerate().map(column);
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).expect("rows");
    let path = house.path(&format!("exports/{file}"));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    write_parquet(&path, &batch);
}

fn init(house: &House) -> (Ended, Value) {
    let ended = house.regua(&["init", "exports", "--file", FILE, "--output", "json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let told = serde_json::from_str(ended.stdout.trim()).expect("one line of JSON");
    (ended, told)
}

/// What is proposed, a line each: input, column, theirs, how sure; below a column its codes.
fn mapping(told: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let mut lines = Vec::new();
    for input in told["inputs"].as_array().expect("inputs") {
        lines.push(format!("[{}] {}", text(&input["input"]), text(&input["path"])));
        for key in input["keys"].as_array().expect("keys") {
            lines.push(format!("{} = {} {}", text(&key["key"]), text(&key["value"]), text(&key["sure"])));
        }
        for column in input["columns"].as_array().expect("columns").iter().filter(|c| c["sure"] != "absent") {
            let (ours, theirs, sure) = (text(&column["column"]), text(&column["theirs"]), text(&column["sure"]));
            let codes = column["values"].as_object().expect("values").iter();
            let codes: Vec<String> = codes.map(|(code, ours)| format!("{code}={}", text(ours))).collect();
            let codes = if codes.is_empty() { String::new() } else { format!(" {{{}}}", codes.join(", ")) };
            lines.push(format!("{ours} {theirs} {sure}{codes}"));
        }
    }
    lines.join("\n")
}

fn expect(told: &Value, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let found = mapping(told);
    assert!(found == expected.join("\n"), "{found}");
}

/// Every command that `init` names as the next one ends well.
fn follow(house: &House, told: &Value) -> Value {
    let as_of = told["as_of"].as_str().expect("a date");
    let checked = house.regua(&["check", FILE]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let profiled = house.regua(&["inputs", FILE, "--as-of", as_of, "--profile"]);
    assert_eq!(profiled.code, 0, "{}", profiled.stderr);
    let profile: Value = serde_json::from_str(profiled.stdout.trim()).expect("JSON");
    for input in profile["inputs"].as_array().expect("inputs") {
        assert_eq!(input["profile"]["bad"], serde_json::json!([]), "{input}");
    }
    let planned = house.regua(&["plan", FILE, "--as-of", as_of]);
    assert_eq!(planned.code, 0, "{}", planned.stderr);
    serde_json::from_str(planned.stdout.lines().last().unwrap_or_default()).expect("JSON")
}

const SAP: [(&str, &str); 3] = [
    (
        "BSID.parquet",
        "BUKRS:s KUNNR:s AUGDT:s AUGBL:s GJAHR:s BELNR:s BUZEI:s BLDAT:s BUDAT:s WAERS:s BLART:s SHKZG:s DMBTR:m WRBTR:m \
         ZFBDT:s NETDT:s MANSP:s\n\
         1000 0000010001 00000000 - 2025 1800000001 001 20250105 20250106 BRL RV S 100.00 100.00 20250105 20250204 -\n\
         1000 0000010002 00000000 - 2025 1800000002 001 20250205 20250206 BRL RV S 200.00 200.00 20250205 20250307 A\n\
         1000 0000010002 00000000 - 2025 1800000003 001 20250215 20250216 BRL DG H 20.00 20.00 20250215 20250215 -",
    ),
    (
        "BSAD.parquet",
        "BUKRS:s KUNNR:s AUGDT:s AUGBL:s GJAHR:s BELNR:s BUZEI:s BLDAT:s BUDAT:s WAERS:s BLART:s SHKZG:s DMBTR:m WRBTR:m \
         ZFBDT:s NETDT:s MANSP:s\n\
         1000 0000010001 20250301 1400000001 2025 1800000008 001 20250105 20250106 BRL RV S 50.00 50.00 20250105 20250204 -\n\
         1000 0000010002 20250313 1400000002 2025 1800000009 001 20250105 20250106 BRL RV S 70.00 70.00 20250105 20250204 -",
    ),
    (
        "KNA1.parquet",
        "KUNNR:s LAND1:s NAME1:s ORT01:s REGIO:s STCD1:s SPRAS:s TELF1:s\n\
         0000010001 BR Acme_Ltda Santos SP 11222333000181 P 1140000000\n\
         0000010002 BR Beta_SA Rio RJ 11444777000161 P -",
    ),
];

#[test]
fn an_export_of_sap() {
    let house = House::new();
    SAP.iter().for_each(|(file, text)| export(&house, file, text));
    let (_, told) = init(&house);
    expect(
        &told,
        "[invoices] exports/BSID.parquet
         date_format = \"%Y%m%d\" sure
         scope = \"open\" likely
         invoice_id BELNR sure
         installment_no BUZEI sure
         company_id BUKRS sure
         debtor_id KUNNR sure
         document_type SHKZG likely {H=credit_note, S=invoice}
         issue_date BLDAT likely
         due_date NETDT sure
         currency WAERS sure
         amount WRBTR likely
         dunning_block MANSP sure
         [payments] exports/BSAD.parquet
         date_format = \"%Y%m%d\" sure
         payment_id AUGBL sure
         debtor_id KUNNR sure
         company_id BUKRS sure
         invoice_id BELNR likely
         installment_no BUZEI sure
         paid_on AUGDT sure
         currency WAERS sure
         amount WRBTR likely
         [debtors] exports/KNA1.parquet
         debtor_id KUNNR sure
         legal_name NAME1 sure
         tax_id STCD1 sure
         language SPRAS sure {P=pt-BR}
         country LAND1 sure
         state REGIO sure
         city ORT01 sure",
    );
    assert_eq!(told["systems"], serde_json::json!(["SAP"]));
    assert_eq!(told["to_decide"], serde_json::json!([]));
    assert_eq!(told["as_of"], "2025-03-13", "the last thing that happened");
    let prepare = told["prepare"].to_string();
    assert!(prepare.contains("TELF1 as address from 'exports/KNA1.parquet'"), "{prepare}");
    follow(&house, &told);
}

/// BSID as it stands has no due date: terms of payment begin at ZFBDT, and whoever is dunned by it is dunned too early.
#[test]
fn a_baseline_date_is_no_due_date() {
    let house = House::new();
    SAP.iter().for_each(|(file, text)| export(&house, file, &text.replace(" NETDT:s", " ZBD1T:s")));
    let (_, told) = init(&house);
    let todo = "invoices.due_date: ZFBDT is where terms of payment begin, not when it is due: work the due date out in the \
                export";
    assert_eq!(told["to_decide"], serde_json::json!([todo]));
    let sum =
        "as a column NETDT: cast(strptime(ZFBDT, '%Y%m%d') as date) + cast(coalesce(nullif(ZBD1T, 0), 0) as integer)";
    assert!(told["prepare"].to_string().contains(sum), "{}", told["prepare"]);
    let checked = house.regua(&["check", FILE, "--output", "text"]);
    let line = house.read(FILE).lines().position(|line| line.starts_with("due_date = ")).expect("a line") + 1;
    let expected = format!("{FILE}:{line}: `due_date` is still to be decided (ZFBDT is where terms of payment begin");
    assert!(checked.code == 2 && checked.stderr.contains(&expected), "{}", checked.stderr);
}

const SE1: &str = "E1..FILIAL:s E1..PREFIXO:s E1..NUM:s E1..PARCELA:s E1..TIPO:s E1..CLIENTE:s E1..LOJA:s E1..EMISSAO:s \
     E1..VENCTO:s E1..VENCREA:s E1..VALOR:f E1..SALDO:f E1..MOEDA:f E1..STATUS:s D..E..L..E..T..:s\n\
     01 1__ 000001 A NF_ 000001 01 20250110 20250208 20250210 100.5 100.5 1 A _\n\
     01 1__ 000001 B NF_ 000001 01 20250110 20250310 20250310 100.5 0 1 B _\n\
     01 1__ 000002 A NF_ 000002 01 20250215 20250317 20250317 70 70 1 A _\n\
     01 1__ 000003 A NCC 000002 01 20250216 20250317 20250317 7 7 1 A _";
const SE5: &str = "E5..DATA:s E5..TIPODOC:s E5..VALOR:f E5..NUMERO:s E5..PARCELA:s E5..CLIFOR:s E5..RECPAG:s R..E..C..N..O..:i\n\
     20250312 VL 100.5 000001 B 000001 R 501\n\
     20250312 JR 1.5 000001 B 000001 R 502";
const SA1: &str = "A1..COD:s A1..LOJA:s A1..NOME:s A1..CGC:s A1..EST:s A1..MUN:s A1..EMAIL:s A1..MSBLQL:s\n\
     000001 01 Acme_Ltda____ 11222333000181 SP SANTOS a@acme.example 2\n\
     000002 01 Beta_SA_____ 11444777000161 RJ RIO - 1";

#[test]
fn an_export_of_protheus() {
    let house = House::new();
    [("SE1010.parquet", SE1), ("SE5010.parquet", SE5), ("SA1010.parquet", SA1)]
        .iter()
        .for_each(|(file, text)| export(&house, file, text));
    let (_, told) = init(&house);
    expect(
        &told,
        "[invoices] exports/SE1010.parquet
         date_format = \"%Y%m%d\" sure
         amount_from_float = \"half_even\" likely
         invoice_id E1_NUM sure
         installment_no E1_PARCELA sure {LETTERS}
         company_id E1_FILIAL sure
         debtor_id E1_CLIENTE sure
         document_type E1_TIPO sure {AB-=credit_note, BOL=invoice, DP=invoice, FT=invoice, NCC=credit_note, NDC=debit_note, \
         NF=invoice, PR=draft, RA=credit_note}
         issue_date E1_EMISSAO sure
         due_date E1_VENCREA likely
         currency E1_MOEDA sure {1=BRL}
         amount E1_VALOR likely
         dunning_block E1_STATUS likely {A=}
         [payments] exports/SE5010.parquet
         date_format = \"%Y%m%d\" sure
         amount_from_float = \"half_even\" likely
         payment_id R_E_C_N_O_ sure
         debtor_id E5_CLIFOR sure
         invoice_id E5_NUMERO sure
         installment_no E5_PARCELA sure {LETTERS}
         paid_on E5_DATA sure
         amount E5_VALOR likely
         kind E5_TIPODOC sure {BA=payment, C2=charges, CM=charges, CP=payment, D2=credit_note, DC=credit_note, \
         E2=chargeback, ES=chargeback, J2=charges, JR=charges, M2=charges, MT=charges, RA=payment, V2=payment, VL=payment}
         [debtors] exports/SA1010.parquet
         debtor_id A1_COD sure
         legal_name A1_NOME sure
         tax_id A1_CGC sure
         state A1_EST sure
         city A1_MUN sure
         dunning_block A1_MSBLQL sure {2=}"
            .replace("{LETTERS}", "{A=1, B=2, C=3, D=4, E=5, F=6, G=7, H=8, I=9, J=10, K=11, L=12}")
            .as_str(),
    );
    assert_eq!(told["systems"], serde_json::json!(["TOTVS Protheus"]));
    follow(&house, &told);
    // A type that nobody knows is asked for, and check names it. What may be a name is not shown.
    let row = |kind: &str, n: i32| format!("\n01 1__ 9{n} A {kind} 000002 01 20250215 20250317 20250317 7 7 1 A _");
    let rows = |kind: &str| (0..3).map(|n| row(kind, n)).collect::<String>();
    export(&house, "SE1010.parquet", &format!("{SE1}{}", rows("ZX")));
    let again = house.regua(&["init", "exports", "--file", FILE, "--replace", "--output", "text"]);
    assert!(again.stdout.contains("invoices.document_type: what does \"ZX\" mean?"), "{}", again.stdout);
    let checked = house.regua(&["check", FILE, "--output", "text"]);
    let expected = "`document_type: ZX` is still to be decided (invoice, credit_note, debit_note, draft)";
    assert!(checked.code == 2 && checked.stderr.contains(expected), "{}", checked.stderr);
    export(&house, "SE1010.parquet", &format!("{SE1}{}", rows("Maria")));
    let again = house.regua(&["init", "exports", "--file", FILE, "--replace", "--output", "text"]);
    let told = format!("{}{}", again.stdout, house.read(FILE));
    assert!(told.contains("1 further value is unknown and may be personal, so not shown"), "{told}");
    for personal in ["Maria", "Acme Ltda", "11222333000181", "a@acme.example"] {
        assert!(!told.contains(personal), "{personal} is told in {told}");
    }
}

#[test]
fn an_export_of_omie() {
    let house = House::new();
    export(
        &house,
        "contas_receber.parquet",
        "codigo..lancamento..omie:i codigo..cliente..fornecedor:i data..vencimento:s data..emissao:s valor..documento:f \
         numero..documento:s numero..parcela:s codigo..tipo..documento:s status..titulo:s\n\
         4001 2001 15/02/2025 10/01/2025 100.5 77 001/002 BOL ATRASADO\n\
         4002 2001 17/03/2025 10/01/2025 100.5 77 002/002 BOL A_VENCER\n\
         4003 2002 20/02/2025 13/01/2025 50 78 001/001 BOL RECEBIDO\n\
         4004 2002 20/02/2025 13/01/2025 60 79 001/001 BOL CANCELADO",
    );
    export(
        &house,
        "movimentos.parquet",
        "nCodTitulo:i nCodCliente:i dDtPagamento:s nValPago:f nCodBaixa:i\n4003 2002 21/02/2025 50 9001",
    );
    export(
        &house,
        "clientes.parquet",
        "codigo..cliente..omie:i razao..social:s nome..fantasia:s cnpj..cpf:s email:s estado:s bloqueado:s\n\
         2001 Acme_Ltda Acme 11.222.333/0001-81 a@acme.example SP N\n\
         2002 Beta_SA Beta 11.444.777/0001-61 b@beta.example RJ S",
    );
    let (_, told) = init(&house);
    expect(
        &told,
        "[invoices] exports/contas_receber.parquet
         date_format = \"%d/%m/%Y\" sure
         amount_from_float = \"half_even\" likely
         invoice_id codigo_lancamento_omie sure
         debtor_id codigo_cliente_fornecedor sure
         document_type status_titulo likely {A VENCER=invoice, ATRASADO=invoice, CANCELADO=draft, RECEBIDO=invoice}
         issue_date data_emissao sure
         due_date data_vencimento sure
         amount valor_documento likely
         dunning_block status_titulo likely {A VENCER=, ATRASADO=}
         [payments] exports/movimentos.parquet
         date_format = \"%d/%m/%Y\" sure
         amount_from_float = \"half_even\" likely
         payment_id nCodBaixa sure
         debtor_id nCodCliente sure
         invoice_id nCodTitulo sure
         paid_on dDtPagamento sure
         amount nValPago likely
         [debtors] exports/clientes.parquet
         debtor_id codigo_cliente_omie sure
         legal_name razao_social likely
         tax_id cnpj_cpf sure
         state estado sure
         dunning_block bloqueado sure {N=}",
    );
    assert_eq!(told["systems"], serde_json::json!(["Omie"]));
    let plan = follow(&house, &told);
    // What was received is paid, and what was cancelled never counts.
    assert!(plan.to_string().contains("201.00") && !plan.to_string().contains("60.00"), "{plan}");
}

#[test]
fn an_english_export_with_snapshots_in_parts() {
    let house = House::new();
    let invoices = "invoiceNumber:s customerID:s InvoiceDate:d DueDate:d InvoiceAmount:m Disputed:s";
    for (day, part) in [("2025-03-30", 0), ("2025-03-31", 0), ("2025-03-31", 1)] {
        let rows = format!(
            "{invoices}\nI{part} C1 2025-01-10 2025-02-10 100.00 No\nJ{part} C2 2025-01-12 2025-02-12 50.00 Yes"
        );
        export(&house, &format!("{day}/invoices/part-0000{part}.parquet"), &rows);
    }
    let paid = "receipt:s invoiceNumber:s customerID:s SettledDate:d amount:m\nR1 I0 C1 2025-02-20 -100.00";
    export(&house, "2025-03-31/receipts.parquet", paid);
    export(&house, "2025-03-31/customers.parquet", "customerID:s countrycode:i\nC1 391\nC2 770");
    let (_, told) = init(&house);
    expect(
        &told,
        "[invoices] exports/{as_of}/invoices/part-*.parquet
         invoice_id invoiceNumber sure
         debtor_id customerID sure
         issue_date InvoiceDate sure
         due_date DueDate sure
         amount InvoiceAmount sure
         dunning_block Disputed sure {No=}
         [payments] exports/{as_of}/receipts.parquet
         sign = \"negative\" sure
         payment_id receipt sure
         debtor_id customerID sure
         invoice_id invoiceNumber sure
         paid_on SettledDate sure
         amount amount sure
         [debtors] exports/{as_of}/customers.parquet
         debtor_id customerID sure
         legal_name customerID guess",
    );
    assert_eq!(told["as_of"], "2025-03-31", "the date of the snapshot");
    follow(&house, &told);
}

#[test]
fn a_spanish_export_with_amounts_that_may_be_cents() {
    let house = House::new();
    export(
        &house,
        "facturas.parquet",
        "numero..factura:s id..cliente:s fecha..emision:s fecha..vencimiento:s importe:i moneda:s tipo:s en..disputa:b\n\
         F1 C1 2025-01-10 2025-02-10 10050 EUR Uno true\nF2 C2 2025-01-11 2025-02-13 20000 EUR Dos false",
    );
    export(
        &house,
        "pagos.parquet",
        "id..pago:s numero..factura:s id..cliente:s fecha..pago:s importe:m\nP1 F1 C1 2025-02-20 1.00",
    );
    export(&house, "clientes.parquet", "id..cliente:s razon..social:s nif:s\nC1 Acme B12345678\nC2 Beta B12345679");
    let (_, told) = init(&house);
    let todo = told["to_decide"].to_string();
    for part in [
        "invoices.amount: importe: whole numbers, which may be cents",
        "invoices.dunning_block: en_disputa: true and false; write it as text in the export; or remove this line",
        "invoices.document_type: tipo: none of its codes is known; or remove this line",
    ] {
        assert!(todo.contains(part), "{todo}");
    }
    let prepare = told["prepare"].to_string();
    for part in
        ["cast(importe / 100.0 as decimal(18, 2)) if it counts cents", "case when en_disputa then 'blocked' end"]
    {
        assert!(prepare.contains(part), "{prepare}");
    }
    assert_eq!(house.regua(&["check", FILE]).code, 2);
}

/// One file of everything, with dates that may be read in two ways.
#[test]
fn one_wide_table_with_doubtful_dates() {
    let house = House::new();
    export(
        &house,
        "export.parquet",
        "Nº_Documento:s Código_Cliente:s Razão_Social:s CNPJ:s Data_Emissão:s Vencimento:s Valor:m Recibo:s Data_Pagamento:s \
         Valor_Pago:m\n\
         N1 C1 Acme 11222333000181 05/01/2025 05/02/2025 100.00 R1 06/02/2025 100.00\n\
         N2 C1 Acme 11222333000181 07/01/2025 07/02/2025 100.00 - - -",
    );
    let (_, told) = init(&house);
    let todo = told["to_decide"].to_string();
    for part in [
        "[inputs.invoices] date_format: every date may be read with the day or with the month first",
        "payments.paid_on: Data Pagamento is empty where nothing was paid; write the paid rows to a file of their own",
    ] {
        assert!(todo.contains(part), "{todo}");
    }
    let checked = house.regua(&["check", FILE, "--output", "text"]);
    let expected = "`date_format` is still to be decided (%d/%m/%Y or %m/%d/%Y)";
    assert!(checked.code == 2 && checked.stderr.contains(expected), "{}", checked.stderr);
}

#[test]
fn the_demo_needs_no_mapping() {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "300", "--dir", "exports"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let (_, told) = init(&house);
    assert_eq!(told["inputs"].as_array().map(Vec::len), Some(14));
    assert!(!house.read(FILE).contains(".columns]"), "{}", house.read(FILE));
    assert_eq!(house.regua(&["check", FILE]).code, 0);
    let text = house.regua(&["init", "exports/input", "--dry-run", "--output", "text"]).stdout;
    assert!(text.contains("all have Régua's own names, so nothing is mapped"), "{text}");
}

/// Two numbers of an invoice: the one by which payments name it. Two columns of debtors: nobody is dunned by a guess.
#[test]
fn columns_that_compete() {
    let house = House::new();
    let head = "id:s number:s invoice..no:s customer..id:s client..id:s issued..at:d due..at:d total:m cents:i";
    let rows = "1 x N1 10 20 2025-01-10 2025-02-10 100.00 1\n2 y N2 11 21 2025-01-11 2025-02-11 50.00 1";
    export(&house, "invoices.parquet", &format!("{head}\n{rows}"));
    let paid =
        "id:s invoice..id:s customer..id:s paid..at:d amount:m\n7 1 10 2025-02-01 10.00\n8 2 11 2025-02-02 10.00";
    export(&house, "payments.parquet", paid);
    export(&house, "customers.parquet", "id:s name:s\n10 Acme\n11 Beta\n20 Caio\n21 Duda");
    let (_, told) = init(&house);
    expect(
        &told,
        "[invoices] exports/invoices.parquet
         invoice_id id sure
         debtor_id ? to decide
         issue_date issued_at sure
         due_date due_at sure
         amount total sure
         [payments] exports/payments.parquet
         payment_id id sure
         debtor_id customer_id sure
         invoice_id invoice_id sure
         paid_on paid_at sure
         amount amount sure
         [debtors] exports/customers.parquet
         debtor_id id sure
         legal_name name sure",
    );
    assert_eq!(told["to_decide"], serde_json::json!(["invoices.debtor_id: customer_id or client_id"]));
    house.edit(FILE, "\"TODO customer_id or client_id\"", "\"customer_id\"");
    follow(&house, &told);
}

/// The line that is proposed for a column of an export of invoices or debtors, without changing anything.
fn proposed(house: &House, input: &str, column: &str) -> String {
    let told = house.regua(&["init", "exports", "--dry-run", "--output", "json"]).stdout;
    let told: Value = serde_json::from_str(told.trim()).expect("JSON");
    let mapping = mapping(&told);
    let mut of_input = mapping.lines().skip_while(|line| !line.starts_with(&format!("[{input}]"))).skip(1);
    let found = of_input.by_ref().take_while(|line| !line.starts_with('[')).find(|line| line.starts_with(column));
    found.unwrap_or_default().to_owned()
}

/// Whoever was given more time is not late by the day that was first agreed.
#[test]
fn a_due_date_that_was_put_off_goes_before_the_first_one() {
    let house = House::new();
    let cases = [
        ("vencimento", "vencimento..prorrogado", "2025-03-10", "2025-02-11", "vencimento_prorrogado likely"),
        ("dt..vencimento", "dt..vencto..prorrogado", "2025-03-10", "2025-02-11", "dt_vencto_prorrogado likely"),
        ("due..date", "extended..due..date", "2025-03-10", "2025-02-11", "extended_due_date likely"),
        // Filled only where it was put off, or before the other: one column has to be made of both.
        ("vencimento", "vencimento..prorrogado", "2025-03-10", "-", "? to decide"),
        ("vencimento", "vencimento..prorrogado", "2025-03-10", "2025-02-01", "? to decide"),
        // A day of something else is never the same.
        ("vencimento", "vencimento..garantia", "2027-03-10", "2027-02-11", "vencimento sure"),
    ];
    for (first, second, put_off, other, expected) in cases {
        let head = format!("numero..titulo:s id..cliente:s emissao:d {first}:d valor:m {second}:d");
        let rows = format!(
            "1 C1 2025-01-10 2025-02-10 10.00 {put_off}\n2 C1 2025-01-10 2025-02-11 10.00 {other}\n\
             3 C2 2025-01-10 2025-02-12 10.00 {}",
            if other == "2027-02-11" { other } else { "2025-02-12" }
        );
        let rows = if other == "-" { rows.replace(" 2025-02-12\n", " -\n") } else { rows };
        export(&house, "titulos.parquet", &format!("{head}\n{rows}"));
        assert_eq!(
            proposed(&house, "invoices", "due_date"),
            format!("due_date {expected}"),
            "{first}, {second}: {other}"
        );
    }
}

/// Each of two marks keeps somebody from being dunned, and one column cannot be both.
#[test]
fn marks_beside_each_other_are_put_together_by_whoever_knows_them() {
    let house = House::new();
    let invoices = |head: &str, one: &str, other: &str| {
        let head = format!("numero..titulo:s id..cliente:s emissao:d vencimento:d valor:m {head}");
        let row = |no: u32, rest: &str| format!("{no} C{no} 2025-01-10 2025-02-10 10.00 {rest}");
        export(&house, "titulos.parquet", &[head, row(1, one), row(2, other)].join("\n"));
        proposed(&house, "invoices", "dunning_block")
    };
    let cases = [
        ("bloqueado:s nao..cobrar:s", "S N", "N S", "? to decide"),
        ("situacao:s nao..cobrar:s", "Emitida N", "Paga S", "? to decide"),
        ("situacao:s cancelado:s", "Emitida N", "Paga S", "? to decide"),
        // The other says nothing, or the same.
        ("bloqueado:s nao..cobrar:s", "S -", "N -", "bloqueado sure {N=}"),
        ("bloqueado:s nao..cobrar:s", "S S", "N N", "bloqueado likely {N=}"),
        ("situacao:s obs:s", "Emitida x", "Paga y", "situacao likely {Emitida=}"),
    ];
    for (head, one, other, expected) in cases {
        assert_eq!(invoices(head, one, other), format!("dunning_block {expected}"), "{head}: {one}, {other}");
    }
    let debtors = "id..cliente:s razao..social:s bloqueado:s nao..cobrar:s\nC1 Acme S N\nC2 Beta N S";
    export(&house, "clientes.parquet", debtors);
    assert_eq!(proposed(&house, "debtors", "dunning_block"), "dunning_block ? to decide");
    let told = house.regua(&["init", "exports", "--dry-run", "--output", "text"]).stdout;
    assert!(told.contains("bloqueado or nao_cobrar: each keeps somebody from being dunned"), "{told}");
}

/// A state that nobody knows may be that of the paid ones.
#[test]
fn states_that_are_not_known_are_asked_for() {
    let house = House::new();
    let head = "numero..titulo:s id..cliente:s emissao:d vencimento:d valor:m situacao:s";
    let rows = |one: &str, other: &str| {
        format!("{head}\n1 C1 2025-01-10 2025-02-10 10.00 {one}\n2 C1 2025-01-10 2025-02-10 10.00 {other}")
    };
    let cases = [
        ("Foo", "Bar", "? to decide"),
        ("Emitida", "Paga", "situacao likely {Emitida=}"),
        ("Paga", "Bar", "situacao guess"),
    ];
    for (one, other, expected) in cases {
        export(&house, "titulos.parquet", &rows(one, other));
        let told = house.regua(&["init", "exports", "--dry-run", "--output", "json"]).stdout;
        let told: Value = serde_json::from_str(told.trim()).expect("JSON");
        let line = mapping(&told).lines().find(|line| line.starts_with("dunning_block")).unwrap_or_default().to_owned();
        assert_eq!(line, format!("dunning_block {expected}"), "{one}, {other}");
    }
}

#[test]
fn what_is_hopeless_is_told_and_nothing_is_written() {
    let house = House::new();
    let refused = |expected: &[&str], code: i32| {
        let ended = house.regua(&["init", "exports", "--file", FILE, "--output", "text"]);
        assert_eq!(ended.code, code, "{}", ended.stderr);
        expected.iter().for_each(|part| assert!(ended.stderr.contains(part), "no {part:?} in {}", ended.stderr));
        assert!(!house.path(FILE).exists());
    };
    refused(&["exports: no Parquet file is there; name the folder or the files of your export"], 2);
    std::fs::create_dir(house.path("exports")).expect("a folder");
    refused(&["exports: no Parquet file is there"], 2);
    house.write_file("exports/titulos.csv", "a;b");
    house.write_file("exports/faturas.parquet", "PAR1 is not enough");
    refused(
        &[
            "none of these files holds invoices, payments or debtors",
            "exports/titulos.csv: it is not a Parquet file; DuckDB makes one of it: copy (from 'exports/titulos.csv') to \
             'exports/titulos.parquet' (format parquet)",
            "exports/faturas.parquet: it is not a Parquet file, or it is damaged; export it again",
        ],
        3,
    );
    export(&house, "a.parquet", "cliente:s valor:m\nC1 1.00");
    export(&house, "b.parquet", "foo:s bar:i\nx 1");
    refused(
        &[
            "exports/a.parquet: closest to payments: it has debtor_id, amount, but lacks payment_id, paid_on",
            "exports/b.parquet: none of its 2 columns is known",
        ],
        3,
    );
}

#[test]
fn two_tables_of_invoices_are_not_guessed_and_empty_ones_are_read_by_their_names() {
    let house = House::new();
    let head = "invoice..number:s customer..id:s invoice..date:d due..date:d total:m";
    export(&house, "invoices_a.parquet", head);
    export(&house, "invoices_b.parquet", &format!("{head} memo:s"));
    let (_, told) = init(&house);
    let expected =
        ["[inputs.invoices] path: invoices_a.parquet or invoices_b.parquet", "[inputs.payments] path: no file fits"];
    assert_eq!(told["to_decide"], serde_json::json!(expected));
    let checked = house.regua(&["check", FILE, "--output", "text"]);
    for part in [
        "`path` is still to be decided (../exports/invoices_a.parquet or invoices_b.parquet)",
        "`path` is still to be decided (where the file of your payments is)",
    ] {
        assert!(checked.stderr.contains(part), "{}", checked.stderr);
    }
}

#[test]
fn a_pipeline_that_is_there_is_not_written_over() {
    let house = House::new();
    [("SE1.parquet", SE1), ("SE5.parquet", SE5), ("SA1.parquet", SA1)]
        .iter()
        .for_each(|(file, text)| export(&house, file, text));
    let before = house.read("pipelines/daily.toml");
    let refused = house.regua(&["init", "exports", "--output", "text"]);
    let expected = "pipelines/daily.toml is there already, and stays as it is; name another --file, or write over it with \
                    --replace";
    assert!(refused.code == 2 && refused.stderr.contains(expected), "{}", refused.stderr);
    let shown = house.regua(&["init", "exports", "--dry-run", "--output", "text"]);
    assert!(shown.code == 0 && shown.stdout.contains("[inputs.invoices.columns]"), "{}", shown.stdout);
    assert_eq!(house.read("pipelines/daily.toml"), before);
    let fresh = house.regua(&["init", "exports", "--file", "new/daily.toml"]);
    assert_eq!(fresh.code, 0, "{}", fresh.stderr);
    assert_eq!(house.regua(&["check", "new/daily.toml"]).code, 0, "what it names stands beside it");
    assert_eq!(house.regua(&["init", "exports", "--replace"]).code, 0);
    assert_ne!(house.read("pipelines/daily.toml"), before);
}

/// Payments may be scheduled: of the days after the last invoice and contact the files know nothing else.
#[test]
fn the_proposed_date_is_none_that_only_payments_have() {
    let house = House::new();
    let invoices = "invoice_id:s debtor_id:s issue_date:d due_date:d amount:m\n\
                    NF1 D1 2025-01-05 2025-02-04 100.00\n\
                    NF2 D2 2025-02-15 2025-03-17 200.00";
    export(&house, "invoices.parquet", invoices);
    let payments = "payment_id:s debtor_id:s invoice_id:s paid_on:d amount:m\n\
                    P1 D1 NF1 2025-02-03 10.00\n\
                    P2 D2 NF2 2025-04-30 200.00";
    export(&house, "payments.parquet", payments);
    export(&house, "debtors.parquet", "debtor_id:s legal_name:s\nD1 Acme\nD2 Beta");
    assert_eq!(init(&house).1["as_of"], "2025-02-15", "the last invoice");
    let contacts = "event_id:s debtor_id:s channel:s address:s occurred_at:t status:s\n\
                    E1 D1 email a@acme.example 2025-02-20T12:00:00Z delivered";
    export(&house, "contact_log.parquet", contacts);
    std::fs::remove_file(house.path(FILE)).expect("the pipeline");
    let (_, told) = init(&house);
    assert_eq!(told["as_of"], "2025-02-20", "the last contact");
    follow(&house, &told);
}
