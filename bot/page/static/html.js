// The one door to the vendored view library: every module takes `html` and hooks from here.
import htm from "./vendor/htm.js";
import { Component, createContext, h, render } from "./vendor/preact.js";
import {
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "./vendor/hooks.js";

/** Tagged template -> elements. Interpolated text is text: nothing here ever parses HTML. */
export const html = htm.bind(h);

/** A component that is drawn anew only when one of its properties is another object than before. */
export function memo(Kind) {
  return class Memo extends Component {
    shouldComponentUpdate(next) {
      const keys = Object.keys(next);
      return (
        keys.length !== Object.keys(this.props).length || keys.some((key) => next[key] !== this.props[key])
      );
    }

    render(props) {
      return h(Kind, props);
    }
  };
}

/** Joins class names; falsy ones are left out. */
export const classes = (...names) => names.filter(Boolean).join(" ");

export {
  Component,
  createContext,
  render,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
};
