//! Both sides of a run, and the tables that are on them.

use common::diagnostic::Diagnostic;
use common::stop::Stop;
use secrecy::SecretString;

use super::cli::Compare;
use super::database::{self, Form};
use super::delta;
use super::engine::Engine;
use super::error::CompareError;
use super::report::{Outcome, TableReport};
use super::side::{Side, TrinoSide, location};
use super::table::{Hand, Table};
use super::trino_rows;
use crate::catalog::{self, Attached, Limits, Relation, Schema};
use crate::cli::TRINO_PASSWORD;
use crate::log::TableLog;
use crate::manifest::Manifest;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::select::LayerRule;
use crate::store::{S3Settings, Stores};
use crate::summary::Outcome as Planned;
use crate::target::{Location, Template};
use crate::trino::Trino;

/// The name under which the right database is attached.
const RIGHT: &str = "export_dbt_right";

/// The layers of a side that is no database, when no option names one.
const LAYERS: [&str; 2] = ["silver", "gold"];

/// The DuckDB of a run, with the left database open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) engine: Engine,
    /// The database's tables; none where the left side is no database.
    catalog: Option<(Vec<Relation>, Vec<Schema>)>,
    /// The tables of the right database; none where the right side is no database.
    right: Vec<Relation>,
}

impl Opened {
    /// Opens the databases.
    pub(crate) fn new(cli: &Compare, left: &Side, right: &Side) -> Result<Self, CompareError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let limits = Limits { memory: cli.memory_limit, threads };
        let connection = match left {
            Side::DuckDb(path) => catalog::open(path, limits)?,
            Side::Delta(_) | Side::Trino(_) => catalog::open_in_memory(limits)?,
        };
        connection.execute_batch("SET preserve_insertion_order = false")?;
        let mut found = None;
        if let Side::DuckDb(_) = left {
            for attached in &cli.attach {
                catalog::attach(&connection, attached)?;
            }
            found = Some((catalog::relations(&connection)?, catalog::schemas(&connection)?));
        }
        let mut others = Vec::new();
        if let Side::DuckDb(path) = right {
            catalog::attach(&connection, &Attached { alias: RIGHT.into(), path: path.clone() })?;
            others = catalog::relations(&connection)?;
            others.retain(|relation| relation.database == RIGHT);
        }
        Ok(Self { engine: Engine::new(connection)?, catalog: found, right: others })
    }
}

/// The tables of a run, and how each side is read.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) engine: Engine,
    pub(crate) relations: Vec<Relation>,
    /// Tables without a possible place.
    pub(crate) failed: Vec<TableReport>,
    left: Source,
    right: Source,
}

#[derive(Debug)]
enum Source {
    /// The left database, whose relations are those of the run.
    LeftDuckDb(Form),
    /// The right database with its relations.
    RightDuckDb(Form, Vec<Relation>),
    Delta(Template, Stores),
    Trino(TrinoSide, Box<Trino>),
}

impl Tables {
    /// Chooses the tables.
    ///
    /// # Errors
    /// Every problem of the options; a side that cannot be listed.
    pub(crate) async fn choose(
        cli: &Compare,
        opened: Opened,
        left: Side,
        right: Side,
        manifest: Option<&Manifest>,
    ) -> Result<Self, Stop> {
        let Opened { engine, catalog, right: others } = opened;
        let form = match (&left, &right) {
            (Side::DuckDb(_), Side::DuckDb(_)) => Form::Native,
            _ => Form::Exported,
        };
        let mut left = Source::of(cli, left, Source::LeftDuckDb(form)).await?;
        let mut right = Source::of(cli, right, Source::RightDuckDb(form, others)).await?;
        let (relations, schemas) = match catalog {
            Some(found) => found,
            None => left.list(cli).await?,
        };
        let places = match (&left, &right) {
            (Source::Delta(template, _), _) | (_, Source::Delta(template, _))
                if template.has_table() =>
            {
                template.clone()
            }
            (Source::Trino(side, _), _) | (_, Source::Trino(side, _)) => side.places.clone(),
            _ => everywhere(&relations)?,
        };
        let plan = Plan::of(relations, &schemas, &cli.choice, &[], manifest, None, &places)?;
        let failed = plan.left_out.iter().filter(|table| table.outcome == Planned::Failed);
        let failed = failed.filter_map(|table| {
            let relation = plan.relations.iter().find(|r| r.name == table.table)?;
            let relation = Relation { layer: table.layer.clone(), ..relation.clone() };
            Some(TableReport::not_compared(&relation, Outcome::Failed, table.why.clone()?))
        });
        let failed: Vec<TableReport> = failed.collect();
        let mut relations: Vec<Relation> = plan.jobs.into_iter().map(|job| job.relation).collect();
        relations.sort_by(|a, b| (&a.layer, &a.name).cmp(&(&b.layer, &b.name)));
        if relations.is_empty() && failed.is_empty() {
            let problem = Diagnostic::error("no-table", "there is no table to compare");
            let hint = "name layers with --layer; --views compares views, too";
            return Err(problem.hint(hint).into());
        }
        for source in [&mut left, &mut right] {
            source.open(cli, &relations).await?;
        }
        Ok(Self { engine, relations, failed, left, right })
    }

    /// The table of the left side.
    pub(crate) async fn left(&self, relation: &Relation) -> Result<Option<Table>, CompareError> {
        self.left.load(&self.engine, Hand::Left, relation).await
    }

    /// The table of the right side.
    pub(crate) async fn right(&self, relation: &Relation) -> Result<Option<Table>, CompareError> {
        self.right.load(&self.engine, Hand::Right, relation).await
    }
}

impl Engine {
    /// A table of a database.
    async fn load(&self, relation: &Relation, form: Form) -> Result<Table, CompareError> {
        let relation = relation.clone();
        self.run(move |connection| database::load(connection, &relation, form)).await
    }
}

/// A template with a place for every relation.
fn everywhere(relations: &[Relation]) -> Result<Template, Stop> {
    let named = relations.iter().any(|relation| !relation.database.is_empty());
    let text = if named { "/{database}/{layer}/{table}" } else { "/{layer}/{table}" };
    Template::parse(text).map_err(|error| error.diagnostic().into())
}

fn settings(cli: &Compare) -> S3Settings {
    S3Settings { endpoint: cli.s3.s3_endpoint.clone(), retry_timeout: cli.s3.retry_timeout }
}

/// The log at a location.
async fn log(cli: &Compare, at: &Location) -> Result<TableLog, CompareError> {
    let stores = Stores::open([at], &settings(cli)).await?;
    stores.get(at).map(|store| TableLog::new(at, store)).ok_or_else(no_store)
}

fn no_store() -> CompareError {
    CompareError::Unsupported("the table's store is not open".into())
}

impl Source {
    /// The source of a side, which is `database` for a database.
    async fn of(cli: &Compare, side: Side, database: Self) -> Result<Self, Stop> {
        match side {
            Side::DuckDb(_) => Ok(database),
            Side::Delta(mut template) => {
                if !template.has_table() {
                    let place = template.whole().map_err(CompareError::from)?;
                    if !delta::is_table(&log(cli, &place).await?).await? {
                        template = template.below();
                    }
                }
                Ok(Self::Delta(template, Stores::default()))
            }
            Side::Trino(side) => {
                let password = std::env::var(TRINO_PASSWORD).ok().filter(|text| !text.is_empty());
                let password = password.map(SecretString::from);
                let trino = Trino::new(&side.url, &side.catalog, &cli.trino_user, password);
                Ok(Self::Trino(side, trino.map_err(CompareError::from)?.into()))
            }
        }
    }

    /// The tables of a side that is no database, with the layers as schemas.
    async fn list(&self, cli: &Compare) -> Result<(Vec<Relation>, Vec<Schema>), CompareError> {
        let named = cli.choice.layers.iter().filter_map(|rule| match rule {
            LayerRule::Schema { schema, .. } => Some(schema.clone()),
            LayerRule::Tag { .. } | LayerRule::Meta { .. } => None,
        });
        let mut layers: Vec<String> = named.collect();
        if layers.is_empty() {
            layers = match self.layers(cli).await? {
                Some(found) => found,
                None => LAYERS.map(str::to_owned).into(),
            };
        }
        let mut relations = Vec::new();
        for layer in &layers {
            for name in self.names(cli, layer).await? {
                relations.push(Relation::named("", layer, name));
            }
        }
        let schema =
            |relation: &Relation| Schema { database: String::new(), name: relation.schema.clone() };
        let mut schemas: Vec<Schema> = relations.iter().map(schema).collect();
        schemas.dedup();
        Ok((relations, schemas))
    }

    /// The layers of a side that has a folder for them.
    async fn layers(&self, cli: &Compare) -> Result<Option<Vec<String>>, CompareError> {
        let Self::Delta(template, _) = self else { return Ok(None) };
        if !template.has_table() {
            let place = template.whole()?;
            let layer = place.prefix.parts().rev().nth(1);
            let layer = layer.map_or_else(|| "delta".to_owned(), |part| part.as_ref().to_owned());
            return Ok(Some(vec![layer]));
        }
        let Some(folder) = template.layers_folder() else { return Ok(None) };
        let log = log(cli, &folder).await?;
        delta::folders(&log).await.map(Some)
    }

    /// The tables of a layer.
    async fn names(&self, cli: &Compare, layer: &str) -> Result<Vec<String>, CompareError> {
        match self {
            Self::LeftDuckDb(_) | Self::RightDuckDb(..) => Ok(Vec::new()),
            Self::Delta(template, _) if !template.has_table() => {
                let place = template.whole()?;
                Ok(place.prefix.filename().map(str::to_owned).into_iter().collect())
            }
            Self::Delta(template, _) => match template.layer_folder("", layer) {
                Some(folder) => delta::tables(&log(cli, &folder).await?).await,
                None => Ok(Vec::new()),
            },
            Self::Trino(side, trino) => {
                let Some((schema, before, after)) = side.of_layer(layer) else {
                    return Ok(Vec::new());
                };
                let tables = trino.tables(&schema).await?;
                let name = |table: &String| {
                    table.strip_prefix(&*before)?.strip_suffix(&*after).map(str::to_owned)
                };
                Ok(tables.iter().filter_map(name).collect())
            }
        }
    }

    /// Opens the stores of these tables.
    async fn open(&mut self, cli: &Compare, relations: &[Relation]) -> Result<(), Stop> {
        let Self::Delta(template, stores) = self else { return Ok(()) };
        if !template.has_table() && relations.len() > 1 {
            let (place, count) = (template.shown(), relations.len());
            let message = format!("{place} is one table, and {count} are chosen");
            let problem = Diagnostic::error("one-table", message);
            return Err(problem.hint("choose one with --table layer.table").into());
        }
        let places: Vec<Location> =
            relations.iter().filter_map(|relation| location(template, relation).ok()).collect();
        *stores = Stores::open(&places, &settings(cli)).await.map_err(CompareError::from)?;
        Ok(())
    }

    async fn load(
        &self,
        engine: &Engine,
        hand: Hand,
        relation: &Relation,
    ) -> Result<Option<Table>, CompareError> {
        match self {
            Self::LeftDuckDb(form) => engine.load(relation, *form).await.map(Some),
            Self::RightDuckDb(form, relations) => match database::find(relations, relation) {
                Some(found) => engine.load(found, *form).await.map(Some),
                None => Ok(None),
            },
            Self::Delta(template, stores) => {
                let place = location(template, relation)?;
                let store = stores.get(&place).ok_or_else(no_store)?;
                delta::load(engine, hand, &TableLog::new(&place, store)).await
            }
            Self::Trino(side, trino) => {
                let (schema, table) = side.names(relation);
                trino_rows::load(engine, hand, trino, &schema, &table).await
            }
        }
    }
}
