"use strict";(self.webpackChunklectio=self.webpackChunklectio||[]).push([[453],{}]);
