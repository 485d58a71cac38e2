//! One direction of a comparison: what one side allows and the other does not
//! (`comparison.md` 6, 7).

use super::actions::Group;
use super::budget::Stop;
use super::compile::{Compiled, Frame};
use super::solver::{Cube, PolicyBox};
use super::stack::Side;
use crate::policy::Effect;
use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

/// Requests that the asking side allows and the other side does not.
#[derive(Clone, Debug)]
pub(super) struct Difference<'g> {
    pub(super) group: &'g Group,
    /// The Allow of each layer of the asking side, by source.
    pub(super) allows: Vec<usize>,
    /// The other side's Deny that hits them, where it is not for want of an
    /// Allow.
    pub(super) denied_by: Option<usize>,
    pub(super) cube: Cube,
}

/// What is done with a difference.
type Found<'f, 'g> = dyn FnMut(&mut Compiled, Difference<'g>) -> Result<ControlFlow<()>, Stop> + 'f;

/// The groups in which the asking side may allow what the other does not, as
/// far as a look at statements that say the same can tell; of groups that ask
/// the same, one.
pub(super) fn unsettled<'g>(frame: &Frame, groups: &'g [Group], asking: Side) -> Vec<&'g Group> {
    let layers = frame.layers(asking.other());
    let mut asked = HashSet::new();
    let mut left = Vec::new();
    for group in groups {
        let mut said = BTreeSet::new();
        for source in group
            .statements
            .iter()
            .filter_map(|at| frame.sources.get(*at))
        {
            let own = source.side == asking;
            said.insert((own, source.effect, source.place.layer, source.shape));
        }
        let says = |own, effect, layer: usize, shape| said.contains(&(own, effect, layer, shape));
        let settled = said
            .iter()
            .all(|&(own, effect, layer, shape)| match (own, effect) {
                // The layer in the same place of the other side allows the same.
                (true, Effect::Allow) => layer < layers && says(false, Effect::Allow, layer, shape),
                (false, Effect::Deny) => said.iter().any(|&(own, effect, _, other)| {
                    own && effect == Effect::Deny && other == shape
                }),
                _ => true,
            });
        // Layers of the other side beyond the own ones say something new.
        let more = said
            .iter()
            .filter(|(own, ..)| *own)
            .map(|(_, _, layer, _)| layer + 1)
            .max();
        let has_allow = said
            .iter()
            .any(|(own, effect, ..)| *own && *effect == Effect::Allow);
        if has_allow && !(settled && more.is_some_and(|own| own >= layers)) && asked.insert(said) {
            left.push(group);
        }
    }
    left
}

/// Looks for differences until `found` has enough; `Continue` means that
/// every case was looked at.
pub(super) fn differences<'g>(
    frame: &Frame,
    compiled: &mut Compiled,
    groups: &[&'g Group],
    asking: Side,
    found: &mut Found<'_, 'g>,
) -> Result<ControlFlow<()>, Stop> {
    let base = compiled.base.clone();
    let Some(start) = compiled.solver.within(&Cube::default(), &base)? else {
        return Ok(ControlFlow::Continue(()));
    };
    for &group in groups {
        let (own_layers, other_layers) = (frame.layers(asking), frame.layers(asking.other()));
        let mut own: Vec<Vec<(usize, PolicyBox)>> = vec![Vec::new(); own_layers];
        let mut other: Vec<Vec<PolicyBox>> = vec![Vec::new(); other_layers];
        let (mut own_denies, mut other_denies) = (Vec::new(), Vec::new());
        for &at in &group.statements {
            let (Some(source), Some(one)) = (frame.sources.get(at), compiled.boxes.get(&at)) else {
                continue;
            };
            let layer = source.place.layer;
            match (source.effect, source.side == asking) {
                (Effect::Allow, true) => own.get_mut(layer).into_iter().for_each(|layer| {
                    layer.push((at, one.clone()));
                }),
                (Effect::Allow, false) => other.get_mut(layer).into_iter().for_each(|layer| {
                    layer.push(one.clone());
                }),
                (Effect::Deny, true) => own_denies.push(one.clone()),
                (Effect::Deny, false) => other_denies.push((at, one.clone())),
            }
        }
        // A Deny that stands on both sides takes nothing away on one of them.
        other_denies.retain(|(_, deny)| !own_denies.contains(deny));
        let mut case = Case {
            compiled: &mut *compiled,
            group,
            own: &own,
            other: &other,
            own_denies: &own_denies,
            other_denies: &other_denies,
            found: &mut *found,
        };
        if case.choose(&start, &mut Vec::new())?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What is asked of one group of actions.
struct Case<'c, 'g, 'f> {
    compiled: &'c mut Compiled,
    group: &'g Group,
    own: &'c [Vec<(usize, PolicyBox)>],
    other: &'c [Vec<PolicyBox>],
    own_denies: &'c [PolicyBox],
    other_denies: &'c [(usize, PolicyBox)],
    found: &'f mut Found<'f, 'g>,
}

impl Case<'_, '_, '_> {
    /// Chooses an Allow for each layer in turn.
    fn choose(&mut self, cube: &Cube, chosen: &mut Vec<usize>) -> Result<ControlFlow<()>, Stop> {
        let Some(layer) = self.own.get(chosen.len()) else {
            return self.ask(cube, chosen);
        };
        for (at, allow) in layer {
            let Some(inside) = self.compiled.solver.within(cube, allow)? else {
                continue;
            };
            chosen.push(*at);
            let flow = self.choose(&inside, chosen)?;
            chosen.pop();
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn ask(&mut self, cube: &Cube, chosen: &[usize]) -> Result<ControlFlow<()>, Stop> {
        // Some layer of the other side has no Allow.
        for layer in self.other {
            let boxes: Vec<PolicyBox> = self.own_denies.iter().chain(layer).cloned().collect();
            if let Some(cube) = self.compiled.solver.escape(cube, &boxes)?
                && self.tell(cube, chosen, None)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        // Some Deny of the other side hits.
        for (at, deny) in self.other_denies {
            let Some(inside) = self.compiled.solver.within(cube, deny)? else {
                continue;
            };
            if let Some(cube) = self.compiled.solver.escape(&inside, self.own_denies)?
                && self.tell(cube, chosen, Some(*at))?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn tell(
        &mut self,
        cube: Cube,
        chosen: &[usize],
        denied_by: Option<usize>,
    ) -> Result<ControlFlow<()>, Stop> {
        let difference = Difference {
            group: self.group,
            allows: chosen.to_vec(),
            denied_by,
            cube,
        };
        (self.found)(self.compiled, difference)
    }
}
